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

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(List);
    const [{ openPrefixPlace }, { listSnapshots }] = await Promise.all([
      import('../../engine/remote/place/open-place.js'),
      import('../../engine/remote/publish/list-snapshots.js'),
    ]);
    const { store, name } = await openPrefixPlace(args.url);
    await writeSnapshots(this.terminal, listSnapshots(store, name), flags.json);
    return EXIT_CODES.done;
  }
}
