import type { Finding } from '../finding.js';
import { damagedError, headerError } from './damage.js';
import { FoldIndex } from './fold-index.js';
import { CURSOR_TYPE, HEADER_BYTES, LOG_BYTES_MAX, PUT_TYPE } from './format.js';
import { headerState } from './header.js';
import type { OpenLog } from './log-window.js';
import type { FoldRecord } from './record.js';
import { cursorBytes } from './record-encoder.js';
import { FoldScanner } from './scanner.js';
import { WatchCursor } from './version-token.js';
import { StatelogError } from '../errors.js';

/** What a log comes to when it is replayed. */
export interface ReplayedLog {
  readonly index: FoldIndex;
  readonly cursor: WatchCursor;
  /** Where the good records end: the file's size, unless the end is torn. */
  readonly goodEnd: number;
  /** The unfinished last write, which is left where it is. */
  readonly tornTail: Finding | undefined;
  /** It holds nothing overwritten or deleted, at most one cursor, and no torn end: no need to rewrite it. */
  readonly tidy: boolean;
  /** It is the compact form, byte for byte. */
  readonly compactForm: boolean;
  /** It ends with a cursor, as each apply does. */
  readonly endsWithCursor: boolean;
  /** Where the last apply starts; `goodEnd` where the end is the compact form. */
  readonly lastApplyStart: number;
}

/** The length of the compact form of a fold. */
export function compactBytes(index: FoldIndex, cursor: WatchCursor): number {
  return HEADER_BYTES + index.liveBytes + (cursor.isNone ? 0 : cursorBytes(cursor.version));
}

/**
 * Reads a whole log into an index of its live keys: the last write of each key wins, a delete
 * removes it, a later cursor replaces an earlier one. The file is only read.
 * @throws StatelogError `UNKNOWN_FORMAT` or `UNSUPPORTED_VERSION` for a file that is no fold log,
 * `DAMAGED` where it is damaged, which a torn end is not
 */
export function replayLog(log: OpenLog): ReplayedLog {
  refuseForeign(log);
  const replay = new Replay();
  const scanner = new FoldScanner(log);
  for (let step = scanner.next(); step === 'record'; step = scanner.next()) replay.take(scanner.record);
  const { finding } = scanner;
  if (finding !== undefined && finding.severity !== 'torn') throw damagedError(finding);
  return replay.result(finding, scanner.ascending, finding?.offset ?? log.size);
}

function refuseForeign(log: OpenLog): void {
  const header = new Uint8Array(Math.min(HEADER_BYTES, log.size));
  log.fileSystem.read(log.descriptor, header, 0, header.length, 0);
  const state = headerState(header);
  if (state !== 'good') throw headerError(log.path, header, state);
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
  #cursorCount = 0;
  #tidy = true;
  #lastType = 0;
  /** Ends of the last cursor record and of the one before it. */
  #cursorEnd = -1;
  #cursorEndBefore = -1;

  take(record: FoldRecord): void {
    this.#lastType = record.type;
    const { bytes, keyStart, keyLength, offset, length } = record;
    if (record.type === PUT_TYPE) {
      if (!this.#index.put(bytes, keyStart, keyLength, offset, length)) this.#tidy = false;
    } else if (record.type === CURSOR_TYPE) {
      this.#cursor = WatchCursor.fromVersion(record.token());
      this.#cursorCount += 1;
      this.#cursorEndBefore = this.#cursorEnd;
      this.#cursorEnd = offset + length;
    } else {
      this.#index.delete(bytes, keyStart, keyLength);
      this.#tidy = false;
    }
  }

  result(tornTail: Finding | undefined, ascending: boolean, goodEnd: number): ReplayedLog {
    const endsWithCursor = this.#lastType === CURSOR_TYPE;
    const tidy = this.#tidy && this.#cursorCount <= 1 && tornTail === undefined;
    const cursorInPlace = endsWithCursor || this.#cursorCount === 0;
    return {
      index: this.#index,
      cursor: this.#cursor,
      goodEnd,
      tornTail,
      tidy,
      compactForm: tidy && ascending && cursorInPlace && goodEnd === compactBytes(this.#index, this.#cursor),
      endsWithCursor,
      lastApplyStart: this.#lastApplyStart(endsWithCursor, goodEnd),
    };
  }

  /** What precedes the first cursor is the compact form, which was synced before it got its name. */
  #lastApplyStart(endsWithCursor: boolean, goodEnd: number): number {
    const before = endsWithCursor ? this.#cursorEndBefore : this.#cursorEnd;
    return before < 0 ? goodEnd : before;
  }
}
