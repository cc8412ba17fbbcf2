import { boolean } from '@oclif/core/flags';
import { textArgument } from '../../cli/command/arguments.js';
import { largeValuesFlag, lockFlags, textFlag, quietFlag } from '../../cli/command/flags.js';
import type { ExitCode } from '../../cli/errors/exit-codes.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { hideArguments } from '../../cli/remote/hide-arguments.js';
import { runFollowing } from '../../cli/program/interruptible.js';

/** `pull URL FOLD`: a fold log kept equal to a NATS key-value bucket. */
export default class Pull extends StatelogCommand {
  static override summary = 'keep a fold log equal to a NATS key-value bucket';
  static override args = {
    url: textArgument({ required: true, description: 'nats://HOST[:PORT]/BUCKET' }),
    fold: textArgument({ required: true, description: 'path of a fold log; made where there is none' }),
  };
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    once: boolean({ description: 'end at the last revision that there is (default)', exclusive: ['follow'] }),
    follow: boolean({ description: 'go on with what comes, until Ctrl-C' }),
    prefix: textFlag({
      description: 'only keys that start with this; it ends in a full stop',
      helpValue: 'P.',
    }),
    into: textFlag({
      description: 'another store of any kind to keep equal to the fold; may be repeated',
      helpValue: 'STORE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    resync: textFlag({
      description: "where the fold's position is lost: by the bucket's list of keys, or from an artifact",
      helpValue: 'list|URL',
    }),
    ...lockFlags,
    ...largeValuesFlag,
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Pull);
    const [{ pullBucket }, { isBucketAddress }, { PullOutput }] = await Promise.all([
      import('../../engine/remote/nats/pull-bucket.js'),
      import('../../engine/remote/nats/format/bucket-address.js'),
      import('../../cli/remote/pull-output.js'),
    ]);
    // Whatever is there may hold a password: it is not shown.
    if (isBucketAddress(args.fold))
      throw usageError('FOLD is a path, and the address of the bucket comes first');
    hideArguments(args.url, 'pull');
    const output = new PullOutput(this.terminal, args.fold, flags.json);
    return runFollowing(this.terminal, output, async (signal) => {
      await pullBucket({
        address: args.url,
        fold: args.fold,
        into: flags.into,
        prefix: flags.prefix,
        isFollowing: flags.follow,
        resync: flags.resync,
        signal,
        environment: process.env,
        waitMs: flags.wait,
        largeValues: flags['large-values'],
        observer: output,
        onOpened: (stores) => {
          for (const { notices } of stores) for (const notice of notices) this.notice(notice);
        },
        onWarning: (error) => {
          this.writeNotices.warn(error);
        },
      });
    });
  }
}
