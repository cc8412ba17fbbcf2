import type { Side } from './figure.js';

/** What is read of a peer's store at each step: nothing in it outlives the step. */
export interface PeerStore {
  /**
   * Puts entries in groups of `groupSize`, each group on disk before the next begins. Synchronous where the
   * peer's own way is.
   */
  putAll(keys: readonly Uint8Array[], value: Uint8Array, groupSize: number): Promise<void> | void;
  /** Looks keys up one by one, by their numbers, as copies; returns the bytes of the values found. */
  getAll(keys: readonly Uint8Array[], order: Uint32Array): number;
  /** Goes over all keys and values in key order; returns the bytes of the values. */
  scanAll(): Promise<number> | number;
  /** The same for the keys that begin with each of the prefixes in turn. */
  scanPrefixes(prefixes: readonly Uint8Array[]): Promise<number> | number;
  close(): Promise<void> | void;
}

/** What people use from Node instead: an ordered key-value store on local disk. */
export interface Peer {
  readonly name: Side;
  /** Opens a store, or makes it, at a path that is free for a file or a folder. */
  open(path: string): Promise<PeerStore>;
}

/** The first key past those that begin with the prefix, whose last byte must not be 0xff. */
export function prefixEnd(prefix: Uint8Array): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return end;
}
