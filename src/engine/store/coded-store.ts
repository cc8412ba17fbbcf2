import { setImmediate as nextTurn } from 'node:timers/promises';
import { StatelogError } from '../errors.js';
import { fromUtf8, toUtf8 } from '../bytes/text/text.js';
import type { ReadableStore, StoredEntry, WritableStore } from './store.js';

/** So much is taken at once, before others have a turn. */
const BATCH_ENTRIES = 256;
const BATCH_BYTES = 1024 * 1024;

/** How values of a type are kept as bytes, and read back. */
export interface Codec<Value> {
  encode(value: Value): Uint8Array;
  decode(bytes: Uint8Array): Value;
}

/** Strings as UTF-8. `decode` throws `NOT_REPRESENTABLE` for bytes that are not UTF-8, `encode` `INVALID_ARGUMENT` for half a surrogate pair. */
export const utf8Codec: Codec<string> = {
  encode: toUtf8,
  decode(bytes) {
    const text = fromUtf8(bytes);
    if (text !== undefined) return text;
    throw new StatelogError('NOT_REPRESENTABLE', 'bytes that are not UTF-8 are no string', {
      hint: 'read them from the store itself, or by another codec',
    });
  },
};

/** All that JSON can hold, as its text. `decode` throws `NOT_REPRESENTABLE` for bytes that are not JSON. */
export const jsonCodec: Codec<unknown> = {
  encode(value) {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError(`JSON has no form for ${typeof value}`);
    return toUtf8(text);
  },
  decode(bytes) {
    try {
      return JSON.parse(utf8Codec.decode(bytes)) as unknown;
    } catch (cause) {
      throw new StatelogError('NOT_REPRESENTABLE', 'bytes that are not JSON are no value', { cause });
    }
  },
};

/** By which codecs a store is read and written. */
export interface Codecs<Key, Value> {
  readonly key: Codec<Key>;
  readonly value: Codec<Value>;
}

/** Which entries, and which way; in the order of the keys' bytes. `to` is exclusive. */
export interface CodedRange<Key> {
  readonly prefix?: Key | undefined;
  readonly from?: Key | undefined;
  readonly after?: Key | undefined;
  readonly to?: Key | undefined;
  readonly reverse?: boolean | undefined;
}

/** An entry in the types of the codecs. */
export interface CodedEntry<Key, Value> {
  readonly key: Key;
  readonly value: Value;
}

/**
 * A store whose keys and values are of types of your own. What it is about besides, such as its cursor, `sync` and `close`,
 * is asked of the store itself, which stays yours.
 *
 * Errors: what the codecs and the store throw.
 */
export class CodedStore<Key, Value, Store extends ReadableStore = ReadableStore> {
  readonly store: Store;
  readonly #codecs: Codecs<Key, Value>;

  constructor(store: Store, codecs: Codecs<Key, Value>) {
    this.store = store;
    this.#codecs = codecs;
  }

  /** The value of a key, or undefined. */
  get(key: Key): Value | undefined {
    const entry = this.store.get(this.#codecs.key.encode(key));
    return entry === undefined ? undefined : this.#codecs.value.decode(entry.value);
  }

  /** Puts a value; on disk after the store's `sync`. */
  put(this: CodedStore<Key, Value, WritableStore>, key: Key, value: Value): void {
    const { key: keys, value: values } = this.#codecs;
    this.store.put(keys.encode(key), values.encode(value));
  }

  /** Deletes a key; on disk after the store's `sync`. Returns whether it was there. */
  delete(this: CodedStore<Key, Value, WritableStore>, key: Key): boolean {
    return this.store.delete(this.#codecs.key.encode(key));
  }

  /**
   * Entries in the order of their keys' bytes, for `for await`. Others have a turn after every 256 entries or megabyte. The store may be changed
   * meanwhile: the changes that lie ahead are seen.
   */
  async *entries(range: CodedRange<Key> = {}): AsyncGenerator<CodedEntry<Key, Value>, void> {
    const { key, value } = this.#codecs;
    const bound = (at: Key | undefined) => (at === undefined ? undefined : key.encode(at));
    const [prefix, from, after, to] = [range.prefix, range.from, range.after, range.to].map(bound);
    const { reverse } = range;
    let bounds = { prefix, from, after, to, reverse };
    for (;;) {
      const batch = firstOf(this.store.entries(bounds));
      for (const entry of batch) yield { key: key.decode(entry.key), value: value.decode(entry.value) };
      const last = batch.at(-1);
      if (last === undefined) return;
      bounds = { ...bounds, [reverse === true ? 'to' : 'after']: last.key };
      await nextTurn();
    }
  }
}

function firstOf(entries: Iterable<StoredEntry>): StoredEntry[] {
  const batch: StoredEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    batch.push(entry);
    bytes += entry.key.length + entry.value.length;
    if (batch.length === BATCH_ENTRIES || bytes >= BATCH_BYTES) break;
  }
  return batch;
}
