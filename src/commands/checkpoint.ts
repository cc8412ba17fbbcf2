import { storeArgument } from '../cli/arguments.js';
import { StatelogCommand } from '../cli/base-command.js';
import { EXIT_CODES, type ExitCode } from '../cli/exit-codes.js';
import { countFlag, lockFlags, unsigned64Flag } from '../cli/flags.js';

const KEEP_MAX = 0xffff_ffff;

/** `checkpoint STORE`: folds the log into a new checkpoint; of a fold log, writes the cursor. */
export default class Checkpoint extends StatelogCommand {
  static override summary = 'fold the write-ahead log into a new checkpoint';
  static override args = { store: storeArgument };
  static override flags = {
    ...lockFlags,
    keep: countFlag({
      description: 'how many checkpoints stay, from now on',
      least: 1,
      greatest: KEEP_MAX,
    }),
    cursor: unsigned64Flag({ description: 'fold logs: the cursor to write' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Checkpoint);
    const [{ openWritable }, { WatchCursor }] = await Promise.all([
      import('../engine/inspect/open.js'),
      import('../engine/fold/version-token.js'),
    ]);
    const store = await openWritable(args.store, { waitMs: flags.wait });
    try {
      for (const finding of store.notices) this.notice(finding);
      if (flags.cursor !== undefined) store.setCursor(WatchCursor.fromU64(flags.cursor).toBytes());
      const { epoch, cursor, keys, changed } = await store.checkpoint({ keep: flags.keep });
      const { output } = this.terminal;
      const hexCursor = cursor === undefined ? undefined : Buffer.from(cursor).toString('hex');
      if (flags.json) {
        const report = { epoch: epoch?.toString(), cursor: hexCursor, keys, changed };
        output.writeText(`${JSON.stringify(report)}\n`);
      } else {
        const what = epoch === undefined ? `cursor ${hexCursor || 'none'}` : `epoch ${epoch}`;
        output.writeText(`${what}, ${keys} keys${changed ? '' : ', nothing new'}\n`);
      }
      return EXIT_CODES.done;
    } finally {
      store.close();
    }
  }
}
