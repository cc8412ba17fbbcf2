import { checkBytes, wrongType } from '../../bytes/byte-argument.js';
import { highHalf, joinU64, lowHalf } from '../../bytes/halves.js';
import { toHex } from '../../bytes/text/text.js';
import { TOKEN_BYTES_MAX } from './format.js';

const U64_BYTES = 8;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** The one token of no bytes, once somebody asked for it. */
let unknown: VersionToken | undefined;

/**
 * A version as its system of origin writes it: raw bytes, 0 to 10 of them. 8 bytes are a
 * revision, u64 big-endian (NATS); 10 a versionstamp (FoundationDB); 0 none. Immutable.
 */
export class VersionToken {
  /** Bytes 0 to 3, 4 to 7 and 8 to 9, each big-endian from the top bit; as numbers, since one object a token is enough. */
  readonly #high: number;
  readonly #low: number;
  readonly #tail: number;
  /** Bytes, 0 to 10. */
  readonly length: number;

  private constructor(high: number, low: number, tail: number, length: number) {
    this.#high = high;
    this.#low = low;
    this.#tail = tail;
    this.length = length;
  }

  /** No version. */
  static unknown(): VersionToken {
    return (unknown ??= new VersionToken(0, 0, 0, 0));
  }

  /**
   * A revision.
   * @throws RangeError where it is not a u64
   */
  static fromU64(revision: bigint): VersionToken {
    if (typeof revision !== 'bigint') throw wrongType('revision', 'a bigint', revision);
    if (revision < 0n || revision > U64_MAX) throw new RangeError(`${String(revision)} is not a u64`);
    return new VersionToken(highHalf(revision), lowHalf(revision), 0, U64_BYTES);
  }

  /**
   * A token of raw bytes, which are copied.
   * @throws RangeError where there are more than 10
   */
  static fromBytes(bytes: Uint8Array): VersionToken {
    checkBytes(bytes, 'bytes');
    return VersionToken.read(bytes, 0, bytes.length);
  }

  /** The token that stands in `bytes` at `start`, for readers of records. */
  static read(bytes: Uint8Array, start: number, length: number): VersionToken {
    if (length > TOKEN_BYTES_MAX) throw new RangeError(`a token has at most ${TOKEN_BYTES_MAX} bytes`);
    if (length === 0) return VersionToken.unknown();
    const high = readPart(bytes, start, Math.min(length, 4));
    const low = readPart(bytes, start + 4, Math.min(length - 4, 4));
    return new VersionToken(high, low, readPart(bytes, start + 8, length - 8), length);
  }

  get isUnknown(): boolean {
    return this.length === 0;
  }

  /** The revision; undefined unless there are 8 bytes. */
  asU64(): bigint | undefined {
    return this.length === U64_BYTES ? joinU64(this.#low, this.#high) : undefined;
  }

  /** The raw bytes. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    this.writeTo(bytes, 0);
    return bytes;
  }

  /** Writes the raw bytes to `into` at `at`, for writers of records. */
  writeTo(into: Uint8Array, at: number): void {
    for (let index = 0; index < this.length; index++) {
      const word = index < 4 ? this.#high : index < 8 ? this.#low : this.#tail;
      into[at + index] = word >>> (24 - 8 * (index & 3));
    }
  }

  /** Lower-case hex of the raw bytes; empty for none. */
  toHex(): string {
    return toHex(this.toBytes());
  }

  equals(other: VersionToken): boolean {
    return (
      this.length === other.length &&
      this.#high === other.#high &&
      this.#low === other.#low &&
      this.#tail === other.#tail
    );
  }
}

/** `length` bytes, at most 4, big-endian from the top bit; 0 where there are none. */
function readPart(bytes: Uint8Array, start: number, length: number): number {
  let part = 0;
  for (let index = 0; index < length; index++) part |= bytes[start + index]! << (24 - 8 * index);
  return part >>> 0;
}
