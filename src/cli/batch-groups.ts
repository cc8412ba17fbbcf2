import { isStatelogError, type StatelogError } from '../engine/errors.js';
import { parseBatchLine, type BatchFormat, type BatchOperation } from './batch-line.js';
import { LineSplitter } from './line-splitter.js';

/** Operations that are written, synced and acknowledged together. */
export interface BatchGroup {
  readonly operations: readonly BatchOperation[];
  /** The number of each operation's line, from 1. */
  readonly lineNumbers: readonly number[];
  /** Lines of input up to and with the last of this group, blank ones too: what is acknowledged. */
  readonly lines: number;
  /** The line after this group that was refused: nothing comes after it. */
  readonly refused?: StatelogError | undefined;
}

/** When a group is closed, whichever comes first. */
export interface BatchGroupLimits {
  /** Bytes of keys and values. */
  readonly bytesMax: number;
  readonly linesMax: number;
  /** How long to wait for more input. */
  readonly idleMs: number;
}

/** As docs/durability.md says. */
export const BATCH_GROUP_LIMITS: BatchGroupLimits = { bytesMax: 1024 * 1024, linesMax: 4_096, idleMs: 5 };

/** Lines before these were taken in an earlier run, and are passed over unread. */
interface Skipping {
  readonly lines: number;
}

/**
 * Reads a batch and cuts it into groups: large while input keeps coming, small as soon as it
 * stops, so that what a slow producer wrote is acknowledged soon. Holds one group and one line.
 * @param chunks the input; its iterator is closed when reading stops early
 * @param skip lines to pass over (`--source` goes on where it stopped)
 */
export async function* batchGroups(
  chunks: AsyncIterable<Uint8Array>,
  format: BatchFormat,
  limits: BatchGroupLimits = BATCH_GROUP_LIMITS,
  skip: Skipping = { lines: 0 },
): AsyncGenerator<BatchGroup, void> {
  const splitter = new LineSplitter();
  const pending = new PendingGroup(limits, skip.lines);
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const waiting = iterator.next();
      if (pending.hasOperations && !(await settlesWithin(waiting, limits.idleMs))) yield pending.take();
      const result = await waiting;
      const isLast = result.done === true;
      if (result.done !== true) splitter.push(result.value);
      for (let more = true; more;) {
        more = takeLine(splitter, isLast, pending, format);
        if (pending.isFull || pending.isRefused) yield pending.take();
        if (pending.isRefused) return;
      }
      if (isLast) break;
    }
    if (pending.hasLines) yield pending.take();
  } finally {
    await iterator.return?.();
  }
}

/** Moves one line from the splitter into the group; false if there was none. */
function takeLine(
  splitter: LineSplitter,
  isLast: boolean,
  pending: PendingGroup,
  format: BatchFormat,
): boolean {
  try {
    const line = splitter.next() ?? (isLast ? splitter.end() : undefined);
    if (line === undefined) return false;
    if (splitter.lines > pending.skipped)
      pending.add(parseBatchLine(line, splitter.lines, format), splitter.lines);
    return true;
  } catch (error) {
    if (!isStatelogError(error, 'INVALID_LINE')) throw error;
    pending.refuse(error);
    return false;
  }
}

/** The group that is being filled. */
class PendingGroup {
  readonly skipped: number;
  readonly #limits: BatchGroupLimits;
  #operations: BatchOperation[] = [];
  #lineNumbers: number[] = [];
  #bytes = 0;
  /** Lines taken, and lines told of in a group. */
  #lines: number;
  #linesTold: number;
  #refused: StatelogError | undefined;

  constructor(limits: BatchGroupLimits, skipped: number) {
    this.#limits = limits;
    this.skipped = skipped;
    this.#lines = skipped;
    this.#linesTold = skipped;
  }

  get hasOperations(): boolean {
    return this.#operations.length > 0;
  }

  get hasLines(): boolean {
    return this.#lines > this.#linesTold;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limits.bytesMax || this.#lines - this.#linesTold >= this.#limits.linesMax;
  }

  get isRefused(): boolean {
    return this.#refused !== undefined;
  }

  add(operation: BatchOperation | undefined, line: number): void {
    this.#lines = line;
    if (operation === undefined) return;
    this.#operations.push(operation);
    this.#lineNumbers.push(line);
    this.#bytes += operation.key.length + (operation.op === 'put' ? operation.value.length : 0);
  }

  refuse(error: StatelogError): void {
    this.#refused = error;
  }

  take(): BatchGroup {
    const group = {
      operations: this.#operations,
      lineNumbers: this.#lineNumbers,
      lines: this.#lines,
      refused: this.#refused,
    };
    this.#operations = [];
    this.#lineNumbers = [];
    this.#bytes = 0;
    this.#linesTold = this.#lines;
    return group;
  }
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
