import type { Entry, EntryRange } from '../entry-cursor.js';
import type { Finding } from '../finding.js';

/**
 * The kinds of thing that a path can hold. `wal` is one segment or a folder of them; `artifact` a folder or a
 * tar.
 */
export type PathKind = 'directory' | 'log' | 'state-file' | 'wal' | 'artifact' | 'ndjson';

/** An entry as a store holds it: fold logs also keep a version token (raw, 0 to 10 bytes; 0: none). */
export interface StoredEntry extends Entry {
  readonly version?: Uint8Array | undefined;
}

/** Is shown an entry. Key, value and version are lent for the call: copy what must live longer. */
export type EntryVisitor = (key: Uint8Array, value: Uint8Array, version?: Uint8Array) => void;

/** The view through which commands read anything that holds keys and values. */
export interface ReadableStore {
  readonly kind: PathKind;
  readonly path: string;
  /** The epoch whose state this is, where the kind has epochs. */
  readonly epoch: bigint | undefined;
  /** The resume cursor's raw bytes, where the kind has one. */
  readonly cursor: Uint8Array | undefined;
  /** Single-writer shards, where the kind has any. */
  readonly cores?: number | undefined;
  /** Lines taken of each source, and the digests beside them (directory/manifest/source-mark.ts), where the kind has any. */
  readonly sources?: ReadonlyMap<string, bigint> | undefined;
  /** The watermark of the newest commit, if the kind has any. */
  readonly watermark?: bigint | undefined;
  /** Remarks made while opening: a torn tail left in place, bytes in flight. Never damage: that throws. */
  readonly notices: readonly Finding[];
  /** A copy of the value, or undefined. */
  get(key: Uint8Array): StoredEntry | undefined;
  /** Entries in key order; keys and values are free to keep. */
  entries(range?: EntryRange): Iterable<StoredEntry>;
  /** Entries in key order, each valid until the next one is asked for: takes a fraction of the time of `entries`. */
  lentEntries(range?: EntryRange): Iterable<StoredEntry>;
  /** All entries in key order, each lent for a call: takes a fraction of the time of `entries`. */
  forEachEntry(visit: EntryVisitor): void;
  /** Keys in order, free to keep, without reading values. */
  keys(range?: EntryRange): Iterable<Uint8Array>;
  /** How many keys there are in the range, without reading values where the kind allows. */
  count(range?: EntryRange): number;
  close(): void;
}

/** How one put or delete says its version; only fold logs have any. */
export interface PutOptions {
  /** A revision, u64; undefined: none. */
  readonly revision?: bigint | undefined;
  /** A version's raw bytes, 0 to 10, instead of a revision. */
  readonly version?: Uint8Array | undefined;
}

/** One change of a group. */
export interface StoreChange extends Pick<PutOptions, 'version'> {
  readonly key: Uint8Array;
  /** Undefined for a delete. */
  readonly value: Uint8Array | undefined;
}

/** How far sources were read: lines, by source, and the event time up to which everything has come. */
export interface StoreCommit {
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/** The result of a checkpoint. */
export interface CheckpointReport {
  /** The epoch of the newest checkpoint afterwards; undefined for a fold log. */
  readonly epoch: bigint | undefined;
  readonly cursor: Uint8Array | undefined;
  readonly keys: number;
  /** False where there was nothing to fold. */
  readonly changed: boolean;
}

/** The result of a compaction, real or planned. Bytes are those of all the store's files. */
export interface CompactReport {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly keys: number;
}

/** A store that is locked for writing. Its puts and deletes are visible at once and durable after `sync`. */
export interface WritableStore extends ReadableStore {
  put(key: Uint8Array, value: Uint8Array, options?: PutOptions): void;
  /** Returns whether the key was there. */
  delete(key: Uint8Array, options?: PutOptions): boolean;
  /**
   * Puts and deletes as one: after a crash, or for a reader, all of them are there or none. Of a key that comes twice, the last
   * change counts. State directories take a commit with them.
   */
  writeGroup(changes: readonly StoreChange[], commit?: StoreCommit): void;
  /** Resolves when everything put and deleted so far is on disk: only then may it be acknowledged. */
  sync(): Promise<void>;
  /** Lines already taken from a named source; 0n if none. Fold logs: NOT_REPRESENTABLE. */
  sourcePosition(name: string): bigint;
  /** The digest of the last line taken from a named source; undefined if none was kept. */
  sourceMark?(name: string): bigint | undefined;
  /** State directories: what `sync` does, and then records how far sources were read. */
  commit?(commit: StoreCommit): Promise<void>;
  /** `sync`, which also records that `lines` of the source were taken, and a digest of the last one. */
  syncSource(name: string, lines: bigint, mark?: bigint): Promise<void>;
  /** Between these two, checkpoints are made less often: for large loads. Only state directories make any. */
  beginBatch?(): void;
  endBatch?(): Promise<void>;
  /** Fold logs: the cursor that the next `sync` writes. Directories: NOT_REPRESENTABLE. */
  setCursor(cursor: Uint8Array): void;
  /** Copies of what opening cut from the end. */
  readonly copies: readonly string[];
  /**
   * Makes sure that the path still means what is open and locked.
   * @throws StatelogError `STORE_REPLACED`
   */
  checkHeld(): void;
  checkpoint(options: { readonly keep?: number | undefined }): Promise<CheckpointReport>;
  compact(): Promise<CompactReport>;
  /** Releases the lock. Changes that were not synced may be lost. */
  close(): void;
}
