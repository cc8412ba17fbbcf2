import { createBlake3 } from '../../bytes/hash/blake3.js';
import { PUT_TYPE } from '../../fold/format/format.js';
import type { FoldRecord } from '../../fold/format/record.js';

/** Bytes of a digest that fit a number. */
const DIGEST_BYTES = 6;

/** A put's key as text that sorts by its bytes, and names it in a map. */
export function nameOf(record: FoldRecord): string {
  const { bytes, keyStart, keyLength } = record;
  return Buffer.from(bytes.buffer, bytes.byteOffset + keyStart, keyLength).toString('latin1');
}

/** 48 bits of the BLAKE3 digest of a put's value and version. */
export function digestOf({ bytes, valueStart, tokenStart, tokenLength }: FoldRecord): number {
  const hash = createBlake3();
  hash.update(bytes.subarray(valueStart, tokenStart + tokenLength));
  return Buffer.from(hash.digest()).readUIntLE(0, DIGEST_BYTES);
}

/** The entries of a fold log as they were told: of each key a digest, by which it is known again in another file. */
export class KnownEntries {
  readonly #digests = new Map<string, number>();

  get count(): number {
    return this.#digests.size;
  }

  /** Names of all keys. */
  names(): IterableIterator<string> {
    return this.#digests.keys();
  }

  /** Takes a put or a delete that was told. */
  take(record: FoldRecord): void {
    const name = nameOf(record);
    if (record.type === PUT_TYPE) this.#digests.set(name, digestOf(record));
    else this.#digests.delete(name);
  }

  forget(name: string): void {
    this.#digests.delete(name);
  }

  /** Whether a put is of the value and version that were told. */
  knows(record: FoldRecord): boolean {
    return this.#digests.get(nameOf(record)) === digestOf(record);
  }
}
