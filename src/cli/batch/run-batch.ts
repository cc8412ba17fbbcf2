import { StatelogError, isStatelogError } from '../../engine/errors.js';
import type { WritableStore } from '../../engine/store/store.js';
import type { StoreLease } from '../command/store-lease.js';
import { watchedInput } from '../terminal/watched-reading.js';
import type { ReadingProgress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { batchGroups } from './batch-groups.js';
import type { BatchFormat } from './batch-line.js';
import { BatchWriter, type BatchWriterOptions } from './batch-writer.js';
import { SourcePassage } from './source-passage.js';

/** How a batch is run. */
export interface BatchRun extends Omit<BatchWriterOptions, 'onDisk'> {
  /** A path, or `-`. */
  readonly file: string;
  readonly format: BatchFormat;
  /** Print how many lines are on disk after each group. */
  readonly acknowledges: boolean;
}

/** The result of a batch. */
export interface BatchResult extends Pick<BatchWriter, 'lines' | 'puts' | 'deleted' | 'unheld' | 'bad'> {
  /** The number of a last line of a source that had no end yet, and was left for the next run. */
  readonly unfinishedLine: number | undefined;
}

/**
 * Writes a batch in groups, each on disk before it is acknowledged. When the reader of the
 * acknowledgements goes away, it goes on without them.
 * @throws StatelogError `INVALID_LINE`, `SOURCE_MISMATCH`, or what the store refuses with the line's number; the lines before
 * it are on disk and acknowledged then
 */
export async function runBatch(
  lease: Pick<StoreLease, 'take' | 'held' | 'whileWaiting'>,
  run: BatchRun,
  terminal: Terminal,
  progress?: ReadingProgress,
): Promise<BatchResult> {
  const source = passageOf(await lease.take(), run.source);
  const onDisk = acknowledging(run, terminal);
  const writer = new BatchWriter(lease, BigInt(source?.lines ?? 0), { ...run, onDisk });
  const reading = {
    source,
    keepsLines: run.rejects !== undefined,
    skipsBad: run.skipsBad,
    whileWaiting: <T>(input: Promise<T>) => lease.whileWaiting(input),
  };
  try {
    for await (const group of batchGroups(watchedInput(run.file, terminal, progress), run.format, reading)) {
      await writer.write(group);
      if (group.refused !== undefined) throw group.refused;
    }
    await writer.end();
  } catch (error) {
    throw withLines(error, writer.lines);
  } finally {
    progress?.pause();
  }
  const { lines, puts, deleted, unheld, bad } = writer;
  return { lines, puts, deleted, unheld, bad, unfinishedLine: source?.unfinishedLine };
}

function passageOf(store: WritableStore, source: string | undefined): SourcePassage | undefined {
  if (source === undefined) return undefined;
  const lines = Number(store.sourcePosition(source));
  return new SourcePassage({ source, lines, mark: store.sourceMark?.(source) });
}

/** Says how many lines are on disk, each number once. */
function acknowledging({ acknowledges }: BatchRun, { output }: Terminal): (lines: bigint) => Promise<void> {
  let acknowledged = 0n;
  return async (lines) => {
    if (!acknowledges || output.isClosed || lines <= acknowledged) return;
    acknowledged = lines;
    output.writeText(`{"acknowledged":${lines}}\n`);
    await output.flush();
  };
}

/** An error that does not say by itself what is safe says how many lines are. */
function withLines(error: unknown, lines: bigint): unknown {
  if (!isStatelogError(error) || error.details.safe !== undefined) return error;
  const count = lines === 1n ? '1 line' : `${lines} lines`;
  const isElsewhere = error.code === 'STORE_REPLACED';
  const safe = isElsewhere
    ? `${count} had been acknowledged`
    : `${count} ${lines === 1n ? 'is' : 'are'} on disk`;
  return new StatelogError(error.code, error.message, { ...error.details, safe, cause: error });
}
