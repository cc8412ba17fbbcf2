import { checkBytes } from '../byte-argument.js';
import { copyBytes } from '../copy.js';
import { type Blake3, createBlake3 } from './blake3.js';
import { highHalfOfNumber, lowHalfOfNumber, writeU32 } from '../halves.js';

const KEY_LENGTH_BYTES = 4;
const VALUE_LENGTH_BYTES = 8;

/** Small pieces are gathered up to this, so that native code is called once a block and not four times an entry. */
const BLOCK_BYTES = 64 * 1024;

/**
 * The digest of a content: BLAKE3 over the entries in key order, each as key length u32, key, value
 * length u64, value, little-endian. The same content has the same digest in every kind of store and
 * on every host. The entries must be given in ascending order of their keys.
 */
export class ContentDigest {
  readonly #hash: Blake3 = createBlake3();
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockLength = 0;
  #keys = 0;
  #valueBytesDue = 0;

  /** How many entries were added. */
  get keys(): number {
    return this.#keys;
  }

  /** Adds one entry. */
  add(key: Uint8Array, value: Uint8Array): void {
    checkBytes(key, 'key');
    checkBytes(value, 'value');
    this.addParts(key, 0, key.length, value, 0, value.length);
  }

  /** Adds one entry whose key and value lie in larger buffers; nothing is allocated for short ones. */
  addParts(
    keyBytes: Uint8Array,
    keyStart: number,
    keyLength: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueLength: number,
  ): void {
    checkBytes(keyBytes, 'keyBytes');
    checkBytes(valueBytes, 'valueBytes');
    this.#startEntry(keyBytes, keyStart, keyLength, valueLength);
    this.#put(valueBytes, valueStart, valueLength);
  }

  /** Starts an entry whose value comes in pieces: `addValueBytes` must then give `valueLength` bytes. */
  startEntry(key: Uint8Array, valueLength: number): void {
    checkBytes(key, 'key');
    this.#startEntry(key, 0, key.length, valueLength);
    this.#valueBytesDue = valueLength;
  }

  /**
   * The next piece of the value that `startEntry` announced.
   * @throws RangeError where it is more than was announced
   */
  addValueBytes(bytes: Uint8Array): void {
    checkBytes(bytes, 'bytes');
    if (bytes.length > this.#valueBytesDue) throw new RangeError('more value bytes than were announced');
    this.#valueBytesDue -= bytes.length;
    this.#put(bytes, 0, bytes.length);
  }

  /**
   * Returns the digest as 64 hex digits; without entries, BLAKE3 of nothing. Entries may still be added afterwards.
   * @throws RangeError while value bytes are missing
   */
  hex(): string {
    this.#refuseUnfinished();
    this.#flush();
    return this.#hash.digestHex();
  }

  #startEntry(keyBytes: Uint8Array, keyStart: number, keyLength: number, valueLength: number): void {
    this.#refuseUnfinished();
    this.#keys++;
    this.#makeRoom(KEY_LENGTH_BYTES);
    writeU32(this.#block, this.#blockLength, keyLength);
    this.#blockLength += KEY_LENGTH_BYTES;
    this.#put(keyBytes, keyStart, keyLength);
    this.#makeRoom(VALUE_LENGTH_BYTES);
    writeU32(this.#block, this.#blockLength, lowHalfOfNumber(valueLength));
    writeU32(this.#block, this.#blockLength + 4, highHalfOfNumber(valueLength));
    this.#blockLength += VALUE_LENGTH_BYTES;
  }

  #refuseUnfinished(): void {
    if (this.#valueBytesDue > 0) throw new RangeError(`${this.#valueBytesDue} value bytes are missing`);
  }

  #put(bytes: Uint8Array, start: number, length: number): void {
    if (length > BLOCK_BYTES) {
      this.#flush();
      this.#hash.update(bytes.subarray(start, start + length));
      return;
    }
    this.#makeRoom(length);
    copyBytes(bytes, start, length, this.#block, this.#blockLength);
    this.#blockLength += length;
  }

  #makeRoom(length: number): void {
    if (this.#blockLength + length > BLOCK_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#blockLength > 0) this.#hash.update(this.#block.subarray(0, this.#blockLength));
    this.#blockLength = 0;
  }
}
