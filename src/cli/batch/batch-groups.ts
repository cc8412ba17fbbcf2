import { isStatelogError, StatelogError } from '../../engine/errors.js';
import { parseBatchLine, type BatchFormat, type BatchOperation } from './batch-line.js';
import { withoutByteOrderMark } from './byte-order-mark.js';
import { LineSplitter } from './line-splitter.js';
import { PendingGroup, type BadLine, type BatchGroup, type BatchGroupLimits } from './pending-group.js';
import type { SourcePassage } from './source-passage.js';

export type { BatchGroup, BatchGroupLimits } from './pending-group.js';

/** The limits that docs/durability.md states. */
export const BATCH_GROUP_LIMITS: BatchGroupLimits = { bytesMax: 1024 * 1024, linesMax: 4_096, idleMs: 5 };

/** How a batch is cut. */
export interface BatchGroupOptions {
  readonly limits?: BatchGroupLimits | undefined;
  /** The lines that earlier runs took and this one passes over (`--source`). Groups come with their lines then. */
  readonly source?: SourcePassage | undefined;
  /** Groups come with their lines. */
  readonly keepsLines?: boolean | undefined;
  /** A line that cannot be read is a part of its group, and does not end the batch. */
  readonly skipsBad?: boolean | undefined;
  /** Waits for more input. Nothing of the batch is under way then. */
  readonly whileWaiting?: (<T>(input: Promise<T>) => Promise<T>) | undefined;
}

/**
 * Reads a batch and cuts it into groups: large while input keeps coming, small as soon as it
 * stops, so that what a slow producer wrote is acknowledged soon. Holds one group and one line.
 * Lines that were taken in an earlier run come in a group without operations.
 *
 * Whoever takes no more groups is let go at once, also while the producer waits: the input is then left
 * as it is, and ends with the process.
 * @param chunks the input; its bytes must not change later
 */
export async function* batchGroups(
  chunks: AsyncIterable<Uint8Array>,
  format: BatchFormat,
  {
    limits = BATCH_GROUP_LIMITS,
    source,
    keepsLines = false,
    skipsBad = false,
    whileWaiting = (input) => input,
  }: BatchGroupOptions = {},
): AsyncGenerator<BatchGroup, void> {
  const splitter = new LineSplitter();
  const pending = new PendingGroup(limits, keepsLines || source !== undefined);
  const reading: Reading = { splitter, pending, format, source, skipsBad, isInExport: false };
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const waiting = iterator.next();
      if (pending.hasLines && !(await settlesWithin(waiting, limits.idleMs))) yield pending.take();
      const result = await (pending.hasLines ? waiting : whileWaiting(waiting));
      const isLast = result.done === true;
      if (result.done !== true) splitter.push(result.value);
      for (let more = true; more;) {
        more = takeLine(reading, isLast);
        if (pending.isDue) yield pending.take();
        if (pending.isRefused) return;
      }
      if (isLast) break;
    }
    if (reading.isInExport) pending.refuse(cutExport(splitter.lines));
    if (pending.hasLines || pending.isRefused) yield pending.take();
  } finally {
    // Not awaited: where a read is under way, this is done once the producer has written, which may be never.
    iterator.return?.().catch(() => undefined);
  }
}

interface Reading {
  readonly splitter: LineSplitter;
  readonly pending: PendingGroup;
  readonly format: BatchFormat;
  readonly source: SourcePassage | undefined;
  readonly skipsBad: boolean;
  /** An NDJSON export has started, and not ended. */
  isInExport: boolean;
}

/** Moves one line from the splitter into the group; false if there was none. */
function takeLine(reading: Reading, isLast: boolean): boolean {
  const { splitter, pending, source } = reading;
  try {
    const line = splitter.next() ?? (isLast ? lastLine(reading) : undefined);
    if (line === undefined) return false;
    const number = splitter.lines;
    if (source !== undefined && number <= source.lines) {
      source.check(line, number);
      pending.pass(number, number === source.lines);
    } else {
      const text = number === 1 ? withoutByteOrderMark(line) : line;
      pending.add(operationOf(reading, text, number), number, line);
    }
    return true;
  } catch (error) {
    if (!isStatelogError(error, 'INVALID_LINE') && !isStatelogError(error, 'SOURCE_MISMATCH')) throw error;
    pending.refuse(error);
    return false;
  }
}

/** Returns what a line asks for; undefined where it asks for nothing. */
function operationOf(
  reading: Reading,
  line: Uint8Array,
  number: number,
): BatchOperation | BadLine | undefined {
  try {
    const parsed = parseBatchLine(line, number, reading.format);
    if (typeof parsed !== 'string') return parsed;
    reading.isInExport = parsed === 'export-start';
    return undefined;
  } catch (error) {
    if (!reading.skipsBad || !isStatelogError(error, 'INVALID_LINE')) throw error;
    return { op: 'bad', error };
  }
}

/** A last line without its end. One of a source may still be growing: it is not taken before it ends. */
function lastLine({ splitter, source }: Reading): Uint8Array | undefined {
  const line = splitter.end();
  if (source === undefined) return line;
  if (line === undefined || splitter.lines <= source.lines) {
    if (line === undefined) source.checkEnd(splitter.lines);
    return line;
  }
  source.unfinishedLine = splitter.lines;
  return undefined;
}

/** True if the promise settles, either way, before the time is over. */
async function settlesWithin(promise: Promise<unknown>, timeMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false);
    }, timeMs);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([settled, isLate]);
  clearTimeout(timer);
  return inTime;
}

function cutExport(lines: number): StatelogError {
  return new StatelogError('UNFINISHED_STREAM', `the export ended before its end, behind line ${lines}`, {
    line: lines,
    hint: 'run the transfer again: the same lines change nothing when they come twice',
  });
}
