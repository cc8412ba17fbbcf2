import type { Entry, EntryCursor } from '../../entry-cursor.js';

/**
 * The part of a state store that differs between memory and disk. Every method throws `CLOSED` after `close`,
 * and `POISONED` after a write or a sync failed.
 */
export interface StateBackend {
  /** Path of the state file; undefined in memory. */
  readonly path: string | undefined;
  /** How many keys there are. */
  readonly length: number;
  /** Bytes of all keys and all live values. */
  readonly sizeBytes: number;
  /** The part of the value bytes in use that no live value takes. */
  readonly fragmentation: number;
  /** A copy of the value, or undefined. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** A view of the value that stays readable until the store is closed, or undefined. */
  getRef(key: Uint8Array): Uint8Array | undefined;
  contains(key: Uint8Array): boolean;
  /**
   * Looks up, as `contains` does, the key that stands in a buffer; the next two members then give its value's
   * place.
   */
  findAt(buffer: Uint8Array, keyStart: number, keyLength: number): boolean;
  readonly foundOffset: number;
  readonly foundLength: number;
  put(key: Uint8Array, value: Uint8Array): void;
  /** Returns whether the key was there. */
  delete(key: Uint8Array): boolean;
  cursor(): EntryCursor;
  compact(): void;
  clear(): void;
  /** Replaces everything by the given entries, which come in any order. */
  restore(entries: readonly Entry[]): void;
  /** Makes everything put and deleted so far durable. Nothing to do in memory. */
  save(): void;
  close(): void;
}
