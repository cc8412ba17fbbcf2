import { boolean } from '@oclif/core/flags';
import { textArgument } from '../../cli/command/arguments.js';
import { writeSnapshots } from '../../cli/output/list-output.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';

/** `list URL`: the snapshots that are published at and below a URL. Judges nothing. */
export default class List extends StatelogCommand {
  static override summary = 'the snapshots that are published at a URL and below it';
  static override args = {
    url: textArgument({ required: true, description: 's3://BUCKET/PREFIX or file:///DIR, or with a key' }),
  };
  static override flags = {
    chain: boolean({
      description: 'each snapshot and each increment by itself, with its position and what it stands on',
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(List);
    const [{ openPrefixPlace }, { listSnapshots }] = await Promise.all([
      import('../../engine/remote/place/open-place.js'),
      import('../../engine/remote/publish/list-snapshots.js'),
    ]);
    const { store, name } = await openPrefixPlace(args.url);
    const snapshots = listSnapshots(store, name);
    if (flags.chain) {
      const [{ listMoments }, { writeMoments }] = await Promise.all([
        import('../../engine/remote/chain/list-moments.js'),
        import('../../cli/output/moments-output.js'),
      ]);
      await writeMoments(this.terminal, listMoments(store, snapshots), flags.json);
    } else await writeSnapshots(this.terminal, snapshots, flags.json);
    return EXIT_CODES.done;
  }
}
