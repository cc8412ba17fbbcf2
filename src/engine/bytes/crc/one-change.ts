import { crcTable } from './crc-slices.js';

/** One change of a sequence of bytes; positions count from its start. */
export interface ByteChange {
  /** `wrong`: another byte stands there; `lost`: one is missing before `at`; `added`: the one at `at` is too many. */
  readonly kind: 'wrong' | 'lost' | 'added';
  readonly at: number;
  /** The byte that should stand there; of one that was added, the one that does. */
  readonly byte: number;
}

/** The kinds of change to look for. */
export interface ChangeKinds {
  readonly wrong: boolean;
  readonly lost: boolean;
  readonly added: boolean;
}

/** More fits than this say no more than that nothing is certain. */
const FITS_MAX = 64;
const BYTE_VALUES = 256;
const TOP_BYTE = 24;

/**
 * Finds every single byte whose change, loss or addition explains a wrong CRC, in one pass from the end to the start and without
 * memory: a CRC's register can be run backwards, since the top byte of a table's entry tells which entry it is. Run back
 * from the sum that the bytes have, and from the sum that they should have, the two say at each byte what would have to stand
 * there. Source of the idea: "Reversing CRC - Theory and Practice", Stigge, Plötz, Müller and Redlich, 2006.
 */
export class OneChangeSearch {
  readonly #table: Int32Array;
  /** By the top byte of an entry of the table: which one it is. */
  readonly #entryOf = new Uint8Array(BYTE_VALUES);

  /** @param polynomial reflected */
  constructor(polynomial: number) {
    this.#table = crcTable(polynomial);
    for (let entry = 0; entry < BYTE_VALUES; entry++) this.#entryOf[this.#table[entry]! >>> TOP_BYTE] = entry;
  }

  /**
   * All changes of `bytes[start, end)` after which its CRC is `wanted`. Those that come to the same bytes (a byte more or less in
   * a row of equal ones) are one.
   * @param sum the CRC that the bytes have
   */
  find(
    bytes: Uint8Array,
    start: number,
    end: number,
    sum: number,
    wanted: number,
    kinds: ChangeKinds,
  ): ByteChange[] {
    const fits: ByteChange[] = [];
    let have = ~sum;
    let want = ~wanted;
    for (let at = end; ; at--) {
      if (kinds.lost) {
        const byte = this.#byteBetween(have, want);
        // Before an equal byte the same byte comes to the same.
        if (byte >= 0 && !(at > start && bytes[at - 1] === byte))
          fits.push({ kind: 'lost', at: at - start, byte });
      }
      if (at === start || fits.length > FITS_MAX) return fits;
      const byte = bytes[at - 1]!;
      const before = this.#back(have, byte);
      if (kinds.wrong) {
        const other = this.#byteBetween(before, want);
        if (other >= 0 && other !== byte) fits.push({ kind: 'wrong', at: at - 1 - start, byte: other });
      }
      const isLikeLast = at - 2 >= start && bytes[at - 2] === byte;
      if (kinds.added && before === want && !isLikeLast)
        fits.push({ kind: 'added', at: at - 1 - start, byte });
      have = before;
      want = this.#back(want, byte);
    }
  }

  /** The byte that leads from one register to another; -1 if none does. */
  #byteBetween(from: number, to: number): number {
    const step = to ^ (from >>> 8);
    const entry = this.#entryOf[step >>> TOP_BYTE]!;
    return this.#table[entry] === step ? entry ^ (from & 0xff) : -1;
  }

  /** The register before a byte was taken. */
  #back(register: number, byte: number): number {
    const entry = this.#entryOf[register >>> TOP_BYTE]!;
    return ((register ^ this.#table[entry]!) << 8) | (entry ^ byte);
  }
}
