import { crc32 } from '../../bytes/crc/checksum.js';
import { crcTable } from '../../bytes/crc/crc-slices.js';
import { IEEE } from '../../bytes/crc/polynomial.js';
import { readU32 } from '../../bytes/halves.js';
import { FIELDS_AT, TYPE_AT } from '../format/format.js';
import type { LogWindow } from './log-window.js';

const STEP_BYTES = 64 * 1024;
/** A checksum holds by chance once in 2^32 bytes: so near it is believed, farther on only if a record follows. */
const NEAR_BYTES = 64 * 1024;

/**
 * Finds where a record ends whose type, or whose value's length, is none that is known: where the checksum at its
 * start holds. Such a record was written as it stands, by a release that knows it, and is no damage.
 */
export class UnknownRecordSearch {
  readonly #window: LogWindow;

  constructor(window: LogWindow) {
    this.#window = window;
  }

  /**
   * End of a record of an unknown type that starts at `offset`; undefined if none does.
   * @param bytesMax how many bytes are looked at, at the most
   * @param endsWell asked of each possible end: whether the file or a record goes on there as it should
   */
  endOfUnknownType(offset: number, bytesMax: number, endsWell: (end: number) => boolean): number | undefined {
    const window = this.#window;
    const limit = Math.min(window.size, offset + bytesMax);
    window.reach(offset, FIELDS_AT);
    const wanted = ~readU32(window.bytes, offset - window.start);
    // A step of a checksum for each byte: a call for each would take four times as long.
    const table = crcTable(IEEE);
    let register = ~0;
    for (let at = offset + TYPE_AT; at < limit;) {
      const stepEnd = Math.min(at + STEP_BYTES, limit);
      window.reach(at, stepEnd - at);
      let { bytes, start } = window;
      for (let next = at; next < stepEnd;) {
        register = table[(register ^ bytes[next - start]!) & 0xff]! ^ (register >>> 8);
        next += 1;
        if (register !== wanted) continue;
        if (next - offset <= NEAR_BYTES || endsWell(next)) return next;
        // Looking on has moved the window.
        window.reach(next, stepEnd - next);
        ({ bytes, start } = window);
      }
      at = stepEnd;
    }
    return undefined;
  }

  /** True where the checksum of a record holds that is too long to be looked at as a whole. */
  checksumHolds(offset: number, end: number): boolean {
    const window = this.#window;
    window.reach(offset, FIELDS_AT);
    const stored = readU32(window.bytes, offset - window.start);
    let crc = 0;
    for (let at = offset + TYPE_AT; at < end;) {
      const stepEnd = Math.min(at + STEP_BYTES, end);
      window.reach(at, stepEnd - at);
      crc = crc32(window.bytes, at - window.start, stepEnd - window.start, crc);
      at = stepEnd;
    }
    return crc === stored;
  }
}
