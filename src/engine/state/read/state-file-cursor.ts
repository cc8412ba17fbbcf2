import type { LocatedKey } from '../../bytes/located-key.js';
import type { EntryCursor } from '../../entry-cursor.js';
import type { OrderedMapCursor } from '../../rkyv/ordered-map/ordered-map-reader.js';

/** The part of a state file that a cursor over it needs. */
export interface CursorOwner {
  /** @throws StatelogError `CLOSED` */
  checkOpen(): void;
  /**
   * @param position where in the index that stands
   * @throws StatelogError `DAMAGED` where a value would lie outside what is in use
   */
  checkPlace(offset: number, length: number, position: number): void;
  /** An error of the index's reader, with the file and the place in it. */
  located(error: unknown): unknown;
  peek(offset: number, length: number): Uint8Array;
}

/**
 * Walks a state file's entries as they lie on disk, both ways. Every move may throw `DAMAGED`, with
 * the file and the offset. Reading a value is not part of moving: `offset` and `length` say where it is.
 */
export class StateFileCursor implements EntryCursor {
  readonly #file: CursorOwner;
  readonly #cursor: OrderedMapCursor;
  #key: Uint8Array | undefined;

  constructor(file: CursorOwner, cursor: OrderedMapCursor) {
    this.#file = file;
    this.#cursor = cursor;
  }

  first(): boolean {
    this.#start();
    try {
      return this.#checked(this.#cursor.first());
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  last(): boolean {
    this.#start();
    try {
      return this.#checked(this.#cursor.last());
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  seek(key: Uint8Array): boolean {
    this.#start();
    try {
      return this.#checked(this.#cursor.seek(key));
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  seekBefore(key: Uint8Array): boolean {
    this.#start();
    try {
      return this.#checked(this.#cursor.seekBefore(key));
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  next(): boolean {
    this.#start();
    try {
      return this.#checked(this.#cursor.next());
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  previous(): boolean {
    this.#start();
    try {
      return this.#checked(this.#cursor.previous());
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  /** A copy, made when first asked for. */
  get key(): Uint8Array {
    this.#file.checkOpen();
    try {
      this.#key ??= this.#cursor.key;
      return this.#key;
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  /** Compares the key with one that stands in a buffer: negative if it is below. */
  compareKey(bytes: Uint8Array, start: number, length: number): number {
    try {
      return this.#cursor.compareKey(bytes, start, length);
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  /** The key where it lies; good until the cursor moves or the index is used by somebody else. */
  locateKey(): LocatedKey {
    try {
      return this.#cursor.locateKey();
    } catch (error) {
      throw this.#file.located(error);
    }
  }

  /** Offset of the entry's value. */
  get offset(): number {
    return this.#cursor.offset;
  }

  get length(): number {
    return this.#cursor.length;
  }

  value(): Uint8Array {
    return this.#file.peek(this.#cursor.offset, this.#cursor.length);
  }

  #start(): void {
    this.#file.checkOpen();
    this.#key = undefined;
  }

  #checked(isOnEntry: boolean): boolean {
    const { offset, length, position } = this.#cursor;
    if (isOnEntry) this.#file.checkPlace(offset, length, position);
    return isOnEntry;
  }
}
