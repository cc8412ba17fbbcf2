import type { EntryCursor } from '../../entry-cursor.js';
import type { KeyCursor } from '../../key-index/ordered-key-index.js';
import type { FoldIndex } from './fold-index.js';
import type { FoldRecordSource } from './record-source.js';
import type { VersionToken } from '../format/version-token.js';

/**
 * A position in the live entries of a fold, in key order. Keys come from the index; a value is read,
 * and checked, when it is asked for.
 */
export class FoldCursor implements EntryCursor {
  readonly #index: FoldIndex;
  readonly #source: () => FoldRecordSource;
  readonly #walk: KeyCursor;
  #slot = -1;
  #key: Uint8Array = new Uint8Array(0);
  /** Version of the entry that it stands on, once its value was read. */
  #version: VersionToken | undefined;

  /** @param source gives the log's records, and throws once they may no longer be read */
  constructor(index: FoldIndex, source: () => FoldRecordSource) {
    this.#index = index;
    this.#source = source;
    this.#walk = index.cursor();
  }

  first(): boolean {
    return this.#standOn(this.#walk.first());
  }

  last(): boolean {
    return this.#standOn(this.#walk.last());
  }

  seek(key: Uint8Array): boolean {
    return this.#standOn(this.#walk.seekFirst(key));
  }

  seekBefore(key: Uint8Array): boolean {
    return this.#standOn(this.#walk.seekLast(key));
  }

  next(): boolean {
    return this.#standOn(this.#walk.next());
  }

  previous(): boolean {
    return this.#standOn(this.#walk.previous());
  }

  get key(): Uint8Array {
    return this.#key;
  }

  value(): Uint8Array {
    const record = this.#read();
    this.#version = record.token();
    return record.bytes.subarray(record.valueStart, record.valueStart + record.valueLength);
  }

  /** The version that came with the value. */
  version(): VersionToken {
    return (this.#version ??= this.#read().token());
  }

  #read(): ReturnType<FoldRecordSource['read']> {
    if (!this.#index.load(this.#slot)) throw new RangeError('the cursor stands on no entry');
    return this.#source().read(this.#index.offset, this.#index.length);
  }

  #standOn(slot: number): boolean {
    this.#slot = slot;
    this.#version = undefined;
    if (slot >= 0) this.#key = this.#index.keyOf(slot);
    return slot >= 0;
  }
}
