import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { countedText } from '../../cli/text/counted-text.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  countFlag,
  cursorFlag,
  lockFlags,
  openingOf,
  recoveryFlags,
  quietFlag,
} from '../../cli/command/flags.js';
import { withWritable } from '../../cli/command/write-session.js';
import { cursorText, positionText } from '../../engine/fold/format/position-text.js';
import type { CheckpointReport } from '../../engine/store/store.js';

const KEEP_MAX = 0xffff_ffff;

/** `checkpoint STORE`: folds the log into a new checkpoint; of a fold log, writes the cursor. */
export default class Checkpoint extends StatelogCommand {
  static override summary = 'fold the write-ahead log into a new checkpoint';
  static override args = { store: storeArgument };
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    ...lockFlags,
    ...recoveryFlags,
    keep: countFlag({
      description: 'how many checkpoints stay, from now on',
      least: 1,
      greatest: KEEP_MAX,
    }),
    cursor: cursorFlag({ description: 'fold logs: the cursor to write' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Checkpoint);
    const { cursor, keep, json } = flags;
    return withWritable(args.store, openingOf(flags), this.writeNotices, async (store) => {
      if (cursor !== undefined) store.setCursor(cursor);
      const report = await store.checkpoint({ keep });
      this.terminal.output.writeText(`${json ? reportJson(report) : reportText(report)}\n`);
      return EXIT_CODES.done;
    });
  }
}

function reportJson({ epoch, cursor, keys, changed }: CheckpointReport): string {
  const text = cursor === undefined ? undefined : positionText(cursor);
  return JSON.stringify({ epoch: epoch?.toString(), cursor: text, keys, changed });
}

function reportText({ epoch, cursor, keys, changed }: CheckpointReport): string {
  if (epoch !== undefined)
    return `epoch ${epoch}, ${countedText(keys, 'key')}${changed ? '' : ', nothing new'}`;
  return `cursor ${cursorText(cursor) ?? 'none'}, ${countedText(keys, 'key')}`;
}
