import { startsWithRange } from '../../bytes/compare.js';

/** Which keys and values are wanted; what is left out filters nothing. */
export interface KeyFilterOptions {
  /** Only these keys. */
  readonly keys?: readonly Uint8Array[] | undefined;
  /** Only keys that start with this. */
  readonly prefix?: Uint8Array | undefined;
  /** Only where the key or the value, as UTF-8, matches; bytes that are none stand as U+FFFD. */
  readonly pattern?: RegExp | undefined;
}

/** A key and a value where they lie; a length of 0 where there is none. */
export interface EntryPlace {
  readonly bytes: Uint8Array;
  readonly keyStart: number;
  readonly keyLength: number;
  readonly valueStart: number;
  readonly valueLength: number;
}

/** Tells the puts and deletes that were asked for. Looks at no value unless there is a pattern, and allocates nothing then. */
export class KeyFilter {
  /** True where every key is wanted, and records without one, too. */
  readonly takesAll: boolean;
  readonly #keys: readonly Uint8Array[] | undefined;
  readonly #prefix: Uint8Array | undefined;
  readonly #pattern: RegExp | undefined;
  readonly #text = new TextOf();

  constructor({ keys, prefix, pattern }: KeyFilterOptions) {
    this.#keys = keys;
    this.#prefix = prefix;
    this.#pattern = pattern;
    this.takesAll = keys === undefined && prefix === undefined && pattern === undefined;
  }

  /** How many keys were named; 0 where any is wanted. */
  get count(): number {
    return this.#keys?.length ?? 0;
  }

  takes(entry: EntryPlace): boolean {
    const { bytes, keyStart, keyLength } = entry;
    const prefix = this.#prefix;
    if (prefix !== undefined && !startsWithRange(bytes, keyStart, keyLength, prefix)) return false;
    if (this.#keys !== undefined && this.indexOf(entry) < 0) return false;
    return this.#pattern === undefined || this.#matches(this.#pattern, entry);
  }

  /** The place of a key among those that were named; -1 where it is none of them. */
  indexOf({ bytes, keyStart, keyLength }: EntryPlace): number {
    const keys = this.#keys;
    if (keys === undefined) return -1;
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!;
      if (key.length === keyLength && startsWithRange(bytes, keyStart, keyLength, key)) return index;
    }
    return -1;
  }

  #matches(pattern: RegExp, { bytes, keyStart, keyLength, valueStart, valueLength }: EntryPlace): boolean {
    if (pattern.test(this.#text.of(bytes, keyStart, keyLength))) return true;
    return valueLength > 0 && pattern.test(this.#text.of(bytes, valueStart, valueLength));
  }
}

/** Ranges of one buffer after the other as text. */
class TextOf {
  #bytes: Uint8Array | undefined;
  #buffer: Buffer = Buffer.alloc(0);

  of(bytes: Uint8Array, start: number, length: number): string {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.#buffer.toString('utf8', start, start + length);
  }
}
