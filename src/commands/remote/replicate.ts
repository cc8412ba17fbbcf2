import { boolean } from '@oclif/core/flags';
import { storeArgument, textArgument } from '../../cli/command/arguments.js';
import { quietFlag } from '../../cli/command/flags.js';
import type { ExitCode } from '../../cli/errors/exit-codes.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { runFollowing } from '../../cli/program/interruptible.js';
import { paceOf, publishFlags, spanFlag } from '../../cli/remote/transfer-flags.js';

const EVERY_MS = 5_000;

/** `replicate STORE URL`: a whole snapshot, then what changes, in a bucket. */
export default class Replicate extends StatelogCommand {
  static override summary = 'keep a bucket equal to a store: a whole snapshot, then what changes';
  static override args = {
    store: storeArgument,
    url: textArgument({ required: true, description: 's3://BUCKET/PREFIX/KEY or file:///DIR/KEY' }),
  };
  static override urlArguments = ['url'];
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    follow: boolean({ description: 'go on with what comes, until Ctrl-C' }),
    every: spanFlag({
      description: 'how long from one look at the store to the next (default: 5s)',
      default: EVERY_MS,
      defaultHelp: () => Promise.resolve(undefined),
    }),
    'verify-every': spanFlag({
      description: 'how often all that is there is read to see that it can be restored (default: never)',
    }),
    ...publishFlags,
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Replicate);
    const [{ replicate }, { openSnapshotPlace }, { ReplicateOutput }] = await Promise.all([
      import('../../engine/remote/replicate/replicate.js'),
      import('../../engine/remote/place/open-place.js'),
      import('../../cli/remote/replicate-output.js'),
    ]);
    const { store: blobs, name: key } = await openSnapshotPlace(args.url);
    const pace = await paceOf(flags['limit-rate']);
    const output = new ReplicateOutput(this.terminal, args.url, flags.json, (finding) => {
      this.notice(finding);
    });
    return runFollowing(this.terminal, output, async (signal) => {
      await replicate({
        source: args.store,
        url: args.url,
        blobs,
        key,
        observer: output,
        isFollowing: flags.follow,
        everyMs: flags.every,
        verifyEveryMs: flags['verify-every'],
        signal,
        nonAtomic: flags['non-atomic'],
        ...pace,
      });
    });
  }
}
