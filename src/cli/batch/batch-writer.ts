import { lineMark, sourceOffsets } from '../../engine/directory/manifest/source-mark.js';
import { StatelogError, isStatelogError } from '../../engine/errors.js';
import type { WritableStore } from '../../engine/store/store.js';
import type { StoreLease } from '../command/store-lease.js';
import { applyChange, isConditional } from '../operation/apply-change.js';
import { type EntryView, GroupView, viewOf, withoutVersions } from '../operation/entry-view.js';
import type { CursorMove, KeyChange } from '../operation/key-operation.js';
import { refusedAs } from '../operation/refusal.js';
import type { BadLine, BatchGroup } from './pending-group.js';
import { badLine, unheld, type Reject } from './reject.js';
import type { Rejects } from './rejects-file.js';

/** How the groups of a batch are written. */
export interface BatchWriterOptions {
  /** Remember under this name how many lines were taken. */
  readonly source?: string | undefined;
  /** Let revisions and cursors be lost, where the store keeps none. */
  readonly dropRevisions?: boolean | undefined;
  /** Pass over lines that the store cannot hold. */
  readonly skipsBad?: boolean | undefined;
  /** Takes the lines that changed nothing. */
  readonly rejects?: Rejects | undefined;
  /** Told of each of these lines, once it is in that file. */
  readonly onReject?: ((reject: Reject) => void) | undefined;
  /** Called when so many lines are on disk. */
  readonly onDisk: (lines: bigint) => Promise<void>;
}

/**
 * Writes a batch, group by group, each on disk before `onDisk` is called.
 *
 * Invariants:
 * - of a source, what a line did to a value that it looked at (a condition, a sum) and the count of its lines are one change:
 *   after a crash no such line is done twice;
 * - lines that changed nothing are in their file, on disk, before their group is.
 */
export class BatchWriter {
  /** Lines on disk, those of earlier runs of the same source included. */
  lines: bigint;
  puts = 0;
  /** Deletes of keys that were there. */
  deleted = 0;
  /** Lines whose condition did not hold. */
  unheld = 0;
  /** Lines that were refused, and passed over. */
  bad = 0;
  readonly #lease: Pick<StoreLease, 'take' | 'held'>;
  readonly #options: BatchWriterOptions;
  #store: WritableStore | undefined;
  #rejected: Reject[] = [];

  /** @param lines how many of the source were taken before */
  constructor(lease: Pick<StoreLease, 'take' | 'held'>, lines: bigint, options: BatchWriterOptions) {
    this.#lease = lease;
    this.lines = lines;
    this.#options = options;
  }

  /**
   * Writes a group, makes it durable, and says so.
   * @throws StatelogError what the store refuses, with the line's number: the lines before it are on disk then; what it throws
   */
  async write(group: BatchGroup): Promise<void> {
    const store = await this.#take();
    const isOneChange = this.#options.source !== undefined && group.operations.some(looksAtValues);
    const whole = isOneChange ? new GroupView(store) : undefined;
    const view = whole ?? viewOf(store);
    const kept = this.#dropsVersions(store) ? withoutVersions(view) : view;
    for (const [index, operation] of group.operations.entries()) {
      const number = group.lineNumbers[index]!;
      try {
        this.#apply(store, kept, operation, number, group);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const refused = refusedAs(`line ${number}`, error, {
          line: number,
          safe: undefined,
        }) as StatelogError;
        if (this.#options.skipsBad === true) {
          this.#reject(badLine(number, refused), group);
          continue;
        }
        await this.#finish(store, group, number - 1, whole);
        throw withSafe(refused, linesBefore(number));
      }
    }
    await this.#finish(store, group, group.lines, whole);
  }

  /** Ends the batch, where the store is still held. */
  async end(): Promise<void> {
    const { held } = this.#lease;
    if (held === this.#store) await held?.endBatch?.();
  }

  /** @throws StatelogError `SOURCE_MISMATCH` where another process took lines of the source while the lock was let go */
  async #take(): Promise<WritableStore> {
    const store = await this.#lease.take();
    if (store === this.#store) return store;
    const { source } = this.#options;
    if (this.#store !== undefined && source !== undefined && store.sourcePosition(source) !== this.lines) {
      throw new StatelogError('SOURCE_MISMATCH', `another process took lines of source ${source} meanwhile`, {
        hint: 'run the same command with the same input again: it goes on where the source stands',
      });
    }
    this.#store = store;
    store.beginBatch?.();
    return store;
  }

  #apply(
    store: WritableStore,
    view: EntryView,
    operation: KeyChange | CursorMove | BadLine,
    number: number,
    group: BatchGroup,
  ): void {
    if (operation.op === 'bad') {
      this.#reject(badLine(number, operation.error), group);
    } else if (operation.op === 'cursor') {
      // Written when its group is synced, behind all that came before it.
      if (operation.cursor.length > 0 && !this.#dropsVersions(store)) store.setCursor(operation.cursor);
    } else {
      const { isApplied, wasThere } = applyChange(view, operation);
      if (wasThere) this.deleted += 1;
      if (!isApplied && operation.op !== 'increment') this.#reject(unheld(number, operation), group);
      else if (operation.op === 'put') this.puts += 1;
    }
  }

  #dropsVersions({ kind }: WritableStore): boolean {
    return this.#options.dropRevisions === true && kind !== 'log';
  }

  #reject(reject: Reject, group: BatchGroup): void {
    if (reject.reason === 'condition') this.unheld += 1;
    else this.bad += 1;
    this.#options.rejects?.add(lineOf(group, reject.line)!, reject.line);
    this.#rejected.push(reject);
  }

  /** Resolves when so many lines are on disk, and that was said. */
  async #finish(
    store: WritableStore,
    group: BatchGroup,
    lineCount: number,
    whole: GroupView | undefined,
  ): Promise<void> {
    const { source, rejects, onReject, onDisk } = this.#options;
    const lines = BigInt(lineCount);
    await rejects?.sync();
    if (lines > this.lines) {
      const mark = markOf(group, lineCount);
      if (source === undefined) await store.sync();
      else if (whole === undefined) await store.syncSource(source, lines, mark);
      else {
        store.writeGroup(whole.changes, {
          offsets: sourceOffsets(source, lines, mark),
          watermark: undefined,
        });
        await store.sync();
      }
      this.lines = lines;
    }
    for (const reject of this.#rejected.splice(0)) onReject?.(reject);
    // Where the input has proved to be another one, its lines were not taken. Of a source, lines that an earlier run took
    // are told of as they come: whoever waits for them before sending more would wait for ever.
    if (!isStatelogError(group.refused, 'SOURCE_MISMATCH')) await onDisk(lines);
  }
}

/** A line that does something else when it is done twice. */
function looksAtValues(operation: KeyChange | CursorMove | BadLine): boolean {
  if (operation.op === 'bad' || operation.op === 'cursor') return false;
  return operation.op === 'increment' || isConditional(operation);
}

/** The digest of a line of the group, by its number. */
function markOf(group: BatchGroup, number: number): bigint | undefined {
  const line = lineOf(group, number);
  return line === undefined ? undefined : lineMark(line);
}

/** A line of the group as it came, where lines are kept. */
function lineOf({ keptLines, lines }: BatchGroup, number: number): Uint8Array | undefined {
  return keptLines[keptLines.length - 1 - (lines - number)];
}

/**
 * True for the error of a format that cannot hold a change: none of it was written, and the store is as good
 * as before.
 */
function isRefusal(error: unknown): error is StatelogError {
  return isStatelogError(error, 'NOT_REPRESENTABLE') || isStatelogError(error, 'LIMIT_EXCEEDED');
}

function withSafe(error: StatelogError, safe: string): StatelogError {
  return new StatelogError(error.code, error.message, { ...error.details, safe });
}

function linesBefore(line: number): string {
  if (line === 1) return 'nothing of it was written';
  return line === 2 ? 'the line before it is on disk' : `the ${line - 1} lines before it are on disk`;
}
