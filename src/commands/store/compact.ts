import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { countedText } from '../../cli/text/counted-text.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { lockFlags, openingOf, recoveryFlags, quietFlag } from '../../cli/command/flags.js';
import { formatSize } from '../../cli/values/size-text.js';
import { withWritable } from '../../cli/command/write-session.js';
import type { StoreCompaction } from '../../engine/store/compact-store.js';

/** Why a store may take more than before, once it is compact. */
const LARGER =
  "it takes more than before: earlier checkpoints stay beside the new one ('statelog checkpoint STORE --keep 1' lets " +
  'them go), and no file of a checkpoint is smaller than its least size';

/** `compact STORE`: rewrites without holes, overwritten records and leftovers. */
export default class Compact extends StatelogCommand {
  static override summary = 'rewrite a store without holes, overwritten records and leftovers';
  static override args = { store: storeArgument };
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    ...lockFlags,
    ...recoveryFlags,
    'drop-broken': boolean({ description: 'remove the copies of what recovery and repair cut, too' }),
    'dry-run': boolean({ description: 'only say what it would come to, about' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Compact);
    const dropBroken = flags['drop-broken'];
    const report = flags['dry-run']
      ? await forecast(args.store, dropBroken)
      : await this.#compact(args.store, openingOf(flags), { dropBroken, quiet: flags.quiet });
    const { bytesBefore, bytesAfter } = report;
    this.terminal.output.writeText(`${flags.json ? reportJson(report) : reportText(report)}\n`);
    if (bytesAfter > bytesBefore) this.say(LARGER);
    return EXIT_CODES.done;
  }

  async #compact(
    path: string,
    opening: ReturnType<typeof openingOf>,
    { dropBroken, quiet }: { readonly dropBroken: boolean; readonly quiet: boolean },
  ): Promise<StoreCompaction> {
    const [{ compactStore }, { realFileSystem }, { ReadingProgress }, { watchedReading }] = await Promise.all(
      [
        import('../../engine/store/compact-store.js'),
        import('../../engine/storage-io/real/real-file-system.js'),
        import('../../cli/terminal/progress.js'),
        import('../../cli/terminal/watched-reading.js'),
      ],
    );
    const progress = quiet ? undefined : await ReadingProgress.on(this.terminal, 'compacting');
    const fileSystem = watchedReading(realFileSystem(), progress);
    try {
      return await withWritable(path, { ...opening, fileSystem }, this.writeNotices, (store) =>
        compactStore(fileSystem, store, dropBroken),
      );
    } finally {
      progress?.pause();
    }
  }
}

async function forecast(path: string, dropBroken: boolean): Promise<StoreCompaction> {
  const { forecastCompaction } = await import('../../engine/inspect/forecast.js');
  return forecastCompaction(path, { dropBroken });
}

function reportJson({ bytesBefore, bytesAfter, keys, droppedCopies, droppedBytes }: StoreCompaction): string {
  return JSON.stringify({ bytesBefore, bytesAfter, keys, droppedCopies, droppedBytes });
}

function reportText({ bytesBefore, bytesAfter, keys, droppedCopies, droppedBytes }: StoreCompaction): string {
  const sizes = `${formatSize(bytesBefore)} before, ${formatSize(bytesAfter)} after, ${countedText(keys, 'key')}`;
  if (droppedCopies === undefined) return sizes;
  return `${sizes}; ${droppedCopies} ${droppedCopies === 1 ? 'copy' : 'copies'} of what was cut removed, ${formatSize(droppedBytes ?? 0)}`;
}
