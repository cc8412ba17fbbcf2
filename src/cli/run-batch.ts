import { StatelogError, isStatelogError } from '../engine/errors.js';
import type { WritableStore } from '../engine/store/store.js';
import { batchGroups, BATCH_GROUP_LIMITS, type BatchGroup } from './batch-groups.js';
import type { BatchFormat } from './batch-line.js';
import { byteInput } from './byte-input.js';
import type { Terminal } from './terminal.js';

/** How a batch is run. */
export interface BatchRun {
  /** A path, or `-`. */
  readonly file: string;
  readonly format: BatchFormat;
  /** Print how many lines are on disk after each group. */
  readonly acknowledges: boolean;
  /** Remember under this name how many lines were taken, and go on there. */
  readonly source?: string | undefined;
}

/** What a batch came to. */
export interface BatchResult {
  /** Lines on disk, those of earlier runs of the same source included. */
  readonly lines: bigint;
  readonly puts: number;
  /** Deletes of keys that were there. */
  readonly deleted: number;
}

/**
 * Writes a batch in groups, each on disk before it is acknowledged. When the reader of the
 * acknowledgements goes away, it goes on without them.
 * @throws StatelogError `INVALID_LINE`, or what the store refuses with the line's number; the lines before
 * it are on disk and acknowledged then
 */
export async function runBatch(
  store: WritableStore,
  run: BatchRun,
  terminal: Terminal,
): Promise<BatchResult> {
  const lines = run.source === undefined ? 0n : store.sourcePosition(run.source);
  const running: RunningBatch = { store, run, terminal, result: { lines, puts: 0, deleted: 0 } };
  // Who goes on with a source is told at once where that is.
  if (lines > 0n) await acknowledge(running);
  const chunks = byteInput(run.file, terminal);
  store.beginBatch?.();
  for await (const group of batchGroups(chunks, run.format, BATCH_GROUP_LIMITS, { lines: Number(lines) })) {
    await writeGroup(running, group);
    await syncTo(running, group.lines);
    if (group.refused !== undefined) throw group.refused;
  }
  await store.endBatch?.();
  return running.result;
}

interface RunningBatch {
  readonly store: WritableStore;
  readonly run: BatchRun;
  readonly terminal: Terminal;
  readonly result: { lines: bigint; puts: number; deleted: number };
}

async function writeGroup(running: RunningBatch, { operations, lineNumbers }: BatchGroup): Promise<void> {
  const { store, result } = running;
  for (const [index, operation] of operations.entries()) {
    try {
      if (operation.op === 'put') {
        store.put(operation.key, operation.value);
        result.puts += 1;
      } else if (store.delete(operation.key)) result.deleted += 1;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const line = lineNumbers[index]!;
      await syncTo(running, line - 1);
      throw refusedLine(error, line);
    }
  }
}

/** Resolves when so many lines are on disk, and are acknowledged. */
async function syncTo(running: RunningBatch, lineCount: number): Promise<void> {
  const { store, run, result } = running;
  const lines = BigInt(lineCount);
  if (lines === result.lines) return;
  if (run.source === undefined) await store.sync();
  else await store.syncSource(run.source, lines);
  result.lines = lines;
  await acknowledge(running);
}

async function acknowledge({ run, terminal: { output }, result }: RunningBatch): Promise<void> {
  if (!run.acknowledges || output.isClosed) return;
  output.writeText(`{"acknowledged":${result.lines}}\n`);
  await output.flush();
}

/** What a format cannot hold is refused before any of it is written: the store is as good as before. */
function isRefusal(error: unknown): error is StatelogError {
  return isStatelogError(error, 'NOT_REPRESENTABLE') || isStatelogError(error, 'LIMIT_EXCEEDED');
}

function refusedLine(error: StatelogError, line: number): StatelogError {
  return new StatelogError(error.code, `line ${line} was refused: ${error.message}`, {
    ...error.details,
    line,
    safe: `the ${line - 1} lines before it are on disk`,
    cause: error,
  });
}
