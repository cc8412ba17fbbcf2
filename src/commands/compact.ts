import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../cli/arguments.js';
import { StatelogCommand } from '../cli/base-command.js';
import { countedText } from '../cli/counted-text.js';
import { EXIT_CODES, type ExitCode } from '../cli/exit-codes.js';
import { lockFlags } from '../cli/flags.js';
import { formatSize } from '../cli/size-text.js';
import { withWritable } from '../cli/write-session.js';
import type { CompactReport } from '../engine/store/store.js';

/** Why a store may take more than before, once it is compact. */
const LARGER =
  "it takes more than before: earlier checkpoints stay beside the new one ('statelog checkpoint STORE --keep 1' lets " +
  'them go), and no file of a checkpoint is smaller than its least size';

/** `compact STORE`: rewrites without holes, overwritten records and leftovers. */
export default class Compact extends StatelogCommand {
  static override summary = 'rewrite a store without holes, overwritten records and leftovers';
  static override args = { store: storeArgument };
  static override flags = {
    ...lockFlags,
    'dry-run': boolean({ description: 'only say what it would come to, about' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Compact);
    const report = flags['dry-run']
      ? await forecast(args.store)
      : await this.#compact(args.store, flags.wait);
    const { bytesBefore, bytesAfter, keys } = report;
    this.terminal.output.writeText(
      flags.json
        ? `${JSON.stringify({ bytesBefore, bytesAfter, keys })}\n`
        : `${formatSize(bytesBefore)} before, ${formatSize(bytesAfter)} after, ${countedText(keys, 'key')}\n`,
    );
    if (bytesAfter > bytesBefore) this.say(LARGER);
    return EXIT_CODES.done;
  }

  async #compact(path: string, waitMs: number): Promise<CompactReport> {
    return withWritable(path, { waitMs }, this.writeNotices, (store) => store.compact());
  }
}

async function forecast(path: string): Promise<CompactReport> {
  const { forecastCompaction } = await import('../engine/inspect/forecast.js');
  return forecastCompaction(path);
}
