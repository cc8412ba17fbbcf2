import type { Finding } from '../../finding.js';
import { compactBytes } from '../lookup/compact-form.js';
import { damagedError, headerError } from '../record/damage.js';
import { FoldIndex } from '../lookup/fold-index.js';
import { CURSOR_TYPE, HEADER_BYTES, LOG_BYTES_MAX, PUT_TYPE } from '../format/format.js';
import { headerState, isTornHeader } from '../format/header.js';
import type { OpenLog } from '../record/log-window.js';
import type { FoldRecord } from '../format/record.js';
import { FoldScanner, type FoldScanOptions } from './scanner.js';
import { WatchCursor } from '../format/watch-cursor.js';
import { StatelogError } from '../../errors.js';

/** The result of replaying a log. */
export interface ReplayedLog {
  readonly index: FoldIndex;
  readonly cursor: WatchCursor;
  /** End of the good records: the file's size, unless the end is torn. */
  readonly goodEnd: number;
  /** The unfinished last write, which is left where it is: torn, or being written. */
  readonly tornTail: Finding | undefined;
  /** It holds nothing overwritten or deleted, at most one cursor, and no torn end: no need to rewrite it. */
  readonly tidy: boolean;
  /** It is the compact form, byte for byte. */
  readonly compactForm: boolean;
  /** It ends with a cursor, as each apply does. */
  readonly endsWithCursor: boolean;
  /**
   * Start of the next write: the last cursor, if an equal one precedes it as after a clean close, since
   * everything before it was synced then. Undefined where that cannot be told: another cursor before it shows
   * a checkpoint, which may have been acknowledged and must not be written over.
   */
  readonly appendAt: number | undefined;
}

/**
 * Reads a whole log into an index of its live keys: the last write of each key wins, a delete
 * removes it, a later cursor replaces an earlier one. The file is only read.
 * @throws StatelogError `UNKNOWN_FORMAT` or `UNSUPPORTED_VERSION` for a file that is no fold log,
 * `DAMAGED` where it is damaged, which a torn end is not
 */
export function replayLog(log: OpenLog, options: Pick<FoldScanOptions, 'isLocked'> = {}): ReplayedLog {
  refuseForeign(log);
  const replay = new Replay();
  const scanner = new FoldScanner(log, options);
  for (let step = scanner.next(); step === 'record'; step = scanner.next()) replay.take(scanner.record);
  const { finding } = scanner;
  if (finding?.severity === 'damage') throw damagedError(finding);
  return replay.result(finding, scanner.ascending, finding?.offset ?? log.size);
}

/** Replays a log that must be whole: a torn end is `DAMAGED` too. */
export function replayWholeLog(log: OpenLog): ReplayedLog {
  const replayed = replayLog(log);
  if (replayed.tornTail !== undefined) throw damagedError(replayed.tornTail);
  return replayed;
}

/** The facts that reading a whole log gives without an index. */
export interface ScannedLog {
  readonly cursor: WatchCursor;
  /** It is the compact form, byte for byte: its puts are the live entries, in key order. */
  readonly compactForm: boolean;
}

/**
 * Reads a whole log without an index, in constant memory.
 * @param onPut shown each put in the order of the log, until the next
 * @throws StatelogError as `replayLog`, and `DAMAGED` for a torn end too
 */
export function scanWholeLog(log: OpenLog, onPut?: (record: FoldRecord) => void): ScannedLog {
  refuseForeign(log);
  const scanner = new FoldScanner(log);
  const { record } = scanner;
  let cursor = WatchCursor.none();
  let cursorCount = 0;
  let lastType = 0;
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    if (step === 'finding') throw damagedError(scanner.finding!);
    lastType = record.type;
    if (lastType === PUT_TYPE) {
      onPut?.(record);
    } else if (lastType === CURSOR_TYPE) {
      cursor = record.cursor();
      cursorCount += 1;
    }
  }
  const endsAsCompact =
    cursorCount === 0 || (cursorCount === 1 && lastType === CURSOR_TYPE && !cursor.isNone);
  return { cursor, compactForm: scanner.ascending && endsAsCompact };
}

function refuseForeign(log: OpenLog): void {
  const header = new Uint8Array(Math.min(HEADER_BYTES, log.size));
  log.fileSystem.read(log.descriptor, header, 0, header.length, 0);
  const state = headerState(header);
  // One that was being made holds nothing yet: its torn end begins with its first byte.
  if (state !== 'good' && !isTornHeader(header)) throw headerError(log.path, header, state);
  if (log.size <= LOG_BYTES_MAX) return;
  throw new StatelogError(
    'LIMIT_EXCEEDED',
    `${log.path} has ${log.size} bytes, more than a fold log may have`,
    {
      path: log.path,
      expected: `at most ${LOG_BYTES_MAX} bytes`,
      found: `${log.size} bytes`,
    },
  );
}

class Replay {
  readonly #index = new FoldIndex();
  #cursor = WatchCursor.none();
  #cursorBefore = WatchCursor.none();
  #cursorCount = 0;
  #tidy = true;
  #lastType = 0;
  #typeBefore = 0;
  #lastOffset = 0;

  take(record: FoldRecord): void {
    this.#typeBefore = this.#lastType;
    this.#lastType = record.type;
    this.#lastOffset = record.offset;
    const { bytes, keyStart, keyLength, offset, length } = record;
    if (record.type === PUT_TYPE) {
      if (!this.#index.put(bytes, keyStart, keyLength, offset, length)) this.#tidy = false;
    } else if (record.type === CURSOR_TYPE) {
      this.#cursorBefore = this.#cursor;
      this.#cursor = record.cursor();
      this.#cursorCount += 1;
    } else {
      this.#index.delete(bytes, keyStart, keyLength);
      this.#tidy = false;
    }
  }

  result(tornTail: Finding | undefined, ascending: boolean, goodEnd: number): ReplayedLog {
    const endsWithCursor = this.#lastType === CURSOR_TYPE;
    const tidy = this.#tidy && this.#cursorCount <= 1 && tornTail === undefined;
    const cursorInPlace = endsWithCursor || this.#cursorCount === 0;
    const compactForm =
      tidy && ascending && cursorInPlace && goodEnd === compactBytes(this.#index, this.#cursor);
    const isTwice = endsWithCursor && this.#typeBefore === CURSOR_TYPE;
    const closedCleanly = isTwice && this.#cursor.equals(this.#cursorBefore);
    return {
      index: this.#index,
      cursor: this.#cursor,
      goodEnd,
      tornTail,
      tidy,
      compactForm,
      endsWithCursor,
      appendAt: closedCleanly && tornTail === undefined ? this.#lastOffset : undefined,
    };
  }
}
