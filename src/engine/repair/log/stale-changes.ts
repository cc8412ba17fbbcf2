import { compareRanges } from '../../bytes/compare.js';
import { copyBytes } from '../../bytes/copy.js';
import { fromUtf8 } from '../../bytes/text/text.js';
import type { Finding } from '../../finding.js';
import { CURSOR_TYPE, TOKEN_BYTES_MAX } from '../../fold/format/format.js';
import type { FoldRecord } from '../../fold/format/record.js';
import type { OpenLog } from '../../fold/record/log-window.js';
import { FoldScanner } from '../../fold/scan/scanner.js';

/** Blocks of disks and file systems begin at multiples of it. */
const BLOCK_BYTES = 512;
/** A block in another's place leaves bad bytes at both its ends, but where records end there. */
const SEAMS_MIN = 2;

/** Changes that follow one another and are left out. */
interface LeftOut {
  readonly offset: number;
  readonly end: number;
  readonly changes: number;
}

/**
 * Tells which changes of a damaged fold log are older than others of their keys that stand before them: a block in another's place
 * brings back what its keys were. Of two changes of a key the one with the lower version is older, wherever it stands. Versions may
 * rightly go back, in a bucket that was made anew: so they count only once they go back right behind damage. From there on the newest
 * version of each key is kept in memory.
 */
export class StaleChanges {
  readonly #log: OpenLog;
  /** By their keys. */
  #newest: Map<string, Uint8Array> | undefined;
  /** Records before the first cursor are in the order of their keys. */
  #cursorSeen = false;
  #isBehindDamage = false;
  readonly #last = new Uint8Array(TOKEN_BYTES_MAX);
  #lastLength = 0;
  #leftOut: LeftOut | undefined;
  #firstSeam: Finding | undefined;
  #seams = 0;
  #areAllAtBlocks = true;
  #unversioned = 0;

  constructor(log: OpenLog) {
    this.#log = log;
  }

  /** Takes note of bad bytes: what follows them may be of another place. */
  seeDamage(finding: Finding): void {
    const { offset, bytes } = finding;
    this.#isBehindDamage = true;
    this.#firstSeam ??= finding;
    this.#seams += 1;
    this.#areAllAtBlocks &&= Math.ceil(offset / BLOCK_BYTES) * BLOCK_BYTES <= offset + bytes;
  }

  /** True where a change is older than another of its key before it: it is to be left out. */
  isStale(record: FoldRecord): boolean {
    this.#cursorSeen ||= record.type === CURSOR_TYPE;
    if (this.#isBehindDamage) this.#lookBack(record);
    if (record.tokenLength > 0 && record.tokenLength <= TOKEN_BYTES_MAX) {
      copyBytes(record.bytes, record.tokenStart, record.tokenLength, this.#last, 0);
      this.#lastLength = record.tokenLength;
    }
    if (this.#newest === undefined || record.type === CURSOR_TYPE || takeIfNewer(this.#newest, record))
      return false;
    const { offset, changes } = this.#leftOut ?? { offset: record.offset, changes: 0 };
    this.#leftOut = { offset, end: record.offset + record.length, changes: changes + 1 };
    return true;
  }

  /** A finding of the changes that were left out since it was last asked for, if there were any. */
  takeLeftOut(): Finding | undefined {
    const leftOut = this.#leftOut;
    this.#leftOut = undefined;
    if (leftOut === undefined) return undefined;
    const { offset, end, changes } = leftOut;
    return {
      severity: 'damage',
      class: 'time-backwards',
      file: this.#log.path,
      offset,
      bytes: end - offset,
      message: `${changes === 1 ? '1 change is' : `${changes} changes are`} left out, since by the versions newer changes of the same keys stand before`,
    };
  }

  /** A warning, at the end, where blocks may have been exchanged and no version tells. */
  warning(): Finding | undefined {
    if (this.#unversioned === 0 || this.#seams < SEAMS_MIN || !this.#areAllAtBlocks) return undefined;
    return {
      severity: 'notice',
      class: 'unchecked',
      file: this.#log.path,
      offset: this.#firstSeam!.offset,
      bytes: 0,
      message:
        'all bad places lie where blocks meet, as after an exchange of blocks, and changes without versions follow: older values may stand for newer ones',
    };
  }

  #lookBack(record: FoldRecord): void {
    const { bytes, tokenStart, tokenLength, type, offset } = record;
    if (tokenLength === 0 && type !== CURSOR_TYPE) this.#unversioned += 1;
    if (tokenLength === 0 || tokenLength > TOKEN_BYTES_MAX) return;
    this.#isBehindDamage = false;
    if (!this.#cursorSeen || tokenLength !== this.#lastLength || this.#newest !== undefined) return;
    if (compareRanges(bytes, tokenStart, tokenLength, this.#last, 0, tokenLength) < 0)
      this.#newest = this.#newestBefore(offset);
  }

  #newestBefore(offset: number): Map<string, Uint8Array> {
    const newest = new Map<string, Uint8Array>();
    const scanner = new FoldScanner(this.#log, { tornTail: 'show' });
    for (let step = scanner.next(); step !== 'end' && scanner.position <= offset; step = scanner.next())
      if (step === 'record' && scanner.record.type !== CURSOR_TYPE) takeIfNewer(newest, scanner.record);
    return newest;
  }
}

/** Takes a change's version for its key's newest, unless that is known to be newer; false then. */
function takeIfNewer(newest: Map<string, Uint8Array>, record: FoldRecord): boolean {
  const { bytes, tokenStart, tokenLength } = record;
  // A scanner gives no record whose key is not UTF-8.
  const key = fromUtf8(record.key())!;
  const known = newest.get(key);
  const isOlder =
    known?.length === tokenLength && compareRanges(bytes, tokenStart, tokenLength, known, 0, tokenLength) < 0;
  if (!isOlder) newest.set(key, bytes.slice(tokenStart, tokenStart + tokenLength));
  return !isOlder;
}
