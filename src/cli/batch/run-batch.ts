import { StatelogError, isStatelogError } from '../../engine/errors.js';
import type { WritableStore } from '../../engine/store/store.js';
import { lineMark } from '../../engine/directory/manifest/source-mark.js';
import { batchGroups, type BatchGroup } from './batch-groups.js';
import type { BatchFormat } from './batch-line.js';
import { byteInput } from '../terminal/byte-input.js';
import { SourcePassage } from './source-passage.js';
import type { Terminal } from '../terminal/terminal.js';

/** How a batch is run. */
export interface BatchRun {
  /** A path, or `-`. */
  readonly file: string;
  readonly format: BatchFormat;
  /** Print how many lines are on disk after each group. */
  readonly acknowledges: boolean;
  /** Remember under this name how many lines were taken, and go on there. */
  readonly source?: string | undefined;
  /** Let revisions and cursors be lost, where the store keeps none. */
  readonly dropRevisions?: boolean | undefined;
}

/** The result of a batch. */
export interface BatchResult {
  /** Lines on disk, those of earlier runs of the same source included. */
  readonly lines: bigint;
  readonly puts: number;
  /** Deletes of keys that were there. */
  readonly deleted: number;
  /** The number of a last line of a source that had no end yet, and was left for the next run. */
  readonly unfinishedLine?: number | undefined;
}

/**
 * Writes a batch in groups, each on disk before it is acknowledged. When the reader of the
 * acknowledgements goes away, it goes on without them.
 * @throws StatelogError `INVALID_LINE`, `SOURCE_MISMATCH`, or what the store refuses with the line's number; the lines before
 * it are on disk and acknowledged then
 */
export async function runBatch(
  store: WritableStore,
  run: BatchRun,
  terminal: Terminal,
): Promise<BatchResult> {
  const source = passageOf(store, run.source);
  const running: RunningBatch = {
    store,
    run,
    terminal,
    result: { lines: BigInt(source?.lines ?? 0), puts: 0, deleted: 0 },
    acknowledged: 0n,
  };
  const chunks = byteInput(run.file, terminal);
  store.beginBatch?.();
  try {
    for await (const group of batchGroups(chunks, run.format, { source })) {
      await writeGroup(running, group);
      await syncTo(running, group, group.lines);
      if (group.refused !== undefined) throw group.refused;
    }
    await store.endBatch?.();
  } catch (error) {
    throw withLines(error, running.result.lines);
  }
  return { ...running.result, unfinishedLine: source?.unfinishedLine };
}

function passageOf(store: WritableStore, source: string | undefined): SourcePassage | undefined {
  if (source === undefined) return undefined;
  const lines = Number(store.sourcePosition(source));
  return new SourcePassage({ source, lines, mark: store.sourceMark?.(source) });
}

/** An error that does not say by itself what is safe says how many lines are. */
function withLines(error: unknown, lines: bigint): unknown {
  if (!isStatelogError(error) || error.details.safe !== undefined) return error;
  const safe = `${lines === 1n ? '1 line is' : `${lines} lines are`} on disk`;
  return new StatelogError(error.code, error.message, { ...error.details, safe, cause: error });
}

interface RunningBatch {
  readonly store: WritableStore;
  readonly run: BatchRun;
  readonly terminal: Terminal;
  readonly result: { lines: bigint; puts: number; deleted: number };
  /** The last number that was acknowledged. */
  acknowledged: bigint;
}

async function writeGroup(running: RunningBatch, group: BatchGroup): Promise<void> {
  const { store, result } = running;
  const { operations, lineNumbers } = group;
  for (let index = 0; index < operations.length; index++) {
    const operation = operations[index]!;
    try {
      if (operation.op === 'cursor') takeCursor(running, operation.cursor);
      else if (operation.op === 'put') {
        store.put(operation.key, operation.value, { version: versionOf(running, operation) });
        result.puts += 1;
      } else if (store.delete(operation.key, { version: versionOf(running, operation) })) result.deleted += 1;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const line = lineNumbers[index]!;
      await syncTo(running, group, line - 1);
      throw refusedLine(error, line);
    }
  }
}

/** A cursor is written when its group is synced, behind all that came before it. */
function takeCursor({ store, run }: RunningBatch, cursor: Uint8Array): void {
  if (cursor.length === 0 || (run.dropRevisions === true && store.kind !== 'log')) return;
  store.setCursor(cursor);
}

function versionOf(
  { store, run }: RunningBatch,
  { version }: { readonly version?: Uint8Array | undefined },
): Uint8Array | undefined {
  return run.dropRevisions === true && store.kind !== 'log' ? undefined : version;
}

/**
 * Resolves when so many lines are on disk, and are acknowledged. Of a source, lines that an earlier run took
 * are acknowledged as they come: whoever waits for them before sending more would wait for ever.
 */
async function syncTo(running: RunningBatch, group: BatchGroup, lineCount: number): Promise<void> {
  const { store, run, result } = running;
  const lines = BigInt(lineCount);
  if (lines > result.lines) {
    if (run.source === undefined) await store.sync();
    else await store.syncSource(run.source, lines, markOf(group, lineCount));
    result.lines = lines;
  }
  // Where the input has proved to be another one, its lines were not taken.
  if (!isStatelogError(group.refused, 'SOURCE_MISMATCH')) await acknowledge(running, lines);
}

/** The digest of a line of the group, by its number. */
function markOf({ keptLines, lines }: BatchGroup, number: number): bigint | undefined {
  const line = keptLines[keptLines.length - 1 - (lines - number)];
  return line === undefined ? undefined : lineMark(line);
}

async function acknowledge(running: RunningBatch, lines: bigint): Promise<void> {
  const { run, terminal } = running;
  const { output } = terminal;
  if (!run.acknowledges || output.isClosed || lines <= running.acknowledged) return;
  running.acknowledged = lines;
  output.writeText(`{"acknowledged":${lines}}\n`);
  await output.flush();
}

/**
 * True for the error of a format that cannot hold a change: none of it was written, and the store is as good
 * as before.
 */
function isRefusal(error: unknown): error is StatelogError {
  return isStatelogError(error, 'NOT_REPRESENTABLE') || isStatelogError(error, 'LIMIT_EXCEEDED');
}

function refusedLine(error: StatelogError, line: number): StatelogError {
  return new StatelogError(error.code, `line ${line} was refused: ${error.message}`, {
    ...error.details,
    line,
    safe: linesBefore(line),
    cause: error,
  });
}

function linesBefore(line: number): string {
  if (line === 1) return 'nothing of it was written';
  return line === 2 ? 'the line before it is on disk' : `the ${line - 1} lines before it are on disk`;
}
