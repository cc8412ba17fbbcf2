import { checkBytes, wrongType } from '../../bytes/byte-argument.js';
import type { Entry, EntryCursor, EntryRange } from '../../entry-cursor.js';
import { checkRange, copiedEntry, itemsInRange } from '../../entry-range.js';
import { type Clock, SystemClock } from '../../storage-io/interface/clock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { MemoryBackend } from '../backends/memory-backend.js';
import { openPersistent } from '../backends/persistent-open.js';
import type { PlaceCursor } from '../backends/place-table.js';
import { ReadOnlyBackend } from '../backends/read-only-backend.js';
import type { StateBackend } from '../backends/state-backend.js';
import type { MappingPolicy } from '../read/state-file.js';
import { openBarePair } from '../read/state-file-open.js';
import { StateSnapshot } from './state-snapshot.js';

/** Options of every state store. */
export interface StateStoreOptions {
  /** The clock for the timestamps of snapshots (default: the machine's). */
  readonly clock?: Clock | undefined;
}

/** Options of a state store in memory. */
export interface MemoryStoreOptions extends StateStoreOptions {
  /** False: never compact except when told to, so that values stay at their offsets (default true). */
  readonly autoCompact?: boolean | undefined;
}

/** Options of a state store in files. */
export interface FileStoreOptions extends StateStoreOptions {
  /** Default: this machine's disk. */
  readonly fileSystem?: FileSystem | undefined;
}

/** Options of a state store that is only read. */
export interface ReadOnlyStoreOptions extends FileStoreOptions {
  /** When to map the files rather than read pages of them (default `when-worth-it`). */
  readonly mapping?: MappingPolicy | undefined;
}

/**
 * An ordered key-value store: in memory, on disk, or a store on disk that is only read. It does
 * everything that LaminarDB's store of this name does, and survives crashes and damage that the
 * original does not (docs/formats/state-file.md, "What the original does not do").
 *
 * A store on disk is, after a crash, as its last `flush`, `saveIndex` or `compact` left it.
 *
 * After `close`, every member that reads or writes throws `CLOSED`; after a write or a sync failed,
 * `POISONED`. A damaged value throws `DAMAGED` when it is read, and only then.
 */
export class MmapStateStore {
  readonly #backend: StateBackend;
  readonly #clock: Clock;

  private constructor(backend: StateBackend, options: StateStoreOptions) {
    this.#backend = backend;
    this.#clock = options.clock ?? new SystemClock();
  }

  /** @param capacity value bytes to make room for beforehand */
  static inMemory(capacity: number, options: MemoryStoreOptions = {}): MmapStateStore {
    return new MmapStateStore(new MemoryBackend(capacity, options.autoCompact ?? true), options);
  }

  /**
   * Opens the state file at `path` and its index (`.idx` in place of the extension) for writing, or
   * creates them. The store is locked until it is closed.
   * @param initialCapacity bytes of a new state file
   * @throws StatelogError `LOCKED`; `READ_ONLY` where the platform has no locks; `DAMAGED`,
   * `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION` with nothing changed; and what files throw
   */
  static persistent(path: string, initialCapacity: number, options: FileStoreOptions = {}): MmapStateStore {
    const fileSystem = options.fileSystem ?? realFileSystem();
    return new MmapStateStore(openPersistent(fileSystem, path, initialCapacity), options);
  }

  /**
   * Opens the state file at `path` and its index as they lie on disk: nothing is loaded, locked or
   * written, and each page is checked when it is first touched. It does not see later writes.
   * @throws StatelogError `NOT_FOUND`, `DAMAGED`, `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`
   */
  static openReadOnly(path: string, options: ReadOnlyStoreOptions = {}): MmapStateStore {
    const fileSystem = options.fileSystem ?? realFileSystem();
    return new MmapStateStore(new ReadOnlyBackend(path, openBarePair(fileSystem, path, options)), options);
  }

  get isPersistent(): boolean {
    return this.#backend.path !== undefined;
  }

  /** Path of the state file; undefined in memory. */
  get path(): string | undefined {
    return this.#backend.path;
  }

  /** How many keys there are. */
  get length(): number {
    return this.#backend.length;
  }

  get isEmpty(): boolean {
    return this.#backend.length === 0;
  }

  /** Bytes of all keys and all live values. */
  get sizeBytes(): number {
    return this.#backend.sizeBytes;
  }

  /** The part of the value bytes in use that overwritten and deleted values take: 0 to 1. */
  get fragmentation(): number {
    return this.#backend.fragmentation;
  }

  /** A copy of the value, or undefined. */
  get(key: Uint8Array): Uint8Array | undefined {
    checkBytes(key, 'key');
    return this.#backend.get(key);
  }

  /**
   * The value where it lies, or undefined: not to be written to. It stays readable, and as it is,
   * until the store is closed; touching it afterwards may end the process.
   */
  getRef(key: Uint8Array): Uint8Array | undefined {
    checkBytes(key, 'key');
    return this.#backend.getRef(key);
  }

  contains(key: Uint8Array): boolean {
    checkBytes(key, 'key');
    return this.#backend.contains(key);
  }

  /**
   * True if the store has the key that stands in `buffer` at `keyStart`. No view of anything is made, so this is
   * the quickest lookup; `foundOffset` and `foundLength` say where the value is that it found last, until
   * the store changes: in memory for `viewAt`, on disk from the state file's first value on.
   * RangeError if the key does not lie within the buffer.
   */
  findAt(buffer: Uint8Array, keyStart: number, keyLength: number): boolean {
    checkBytes(buffer, 'buffer');
    return this.#backend.findAt(buffer, keyStart, keyLength);
  }

  get foundOffset(): number {
    return this.#backend.foundOffset;
  }

  get foundLength(): number {
    return this.#backend.foundLength;
  }

  /**
   * Stores a copy of the value under a copy of the key.
   * @throws StatelogError `LIMIT_EXCEEDED` where the values would pass 4 GiB or the index 2 GiB: the
   * store is as before then
   */
  put(key: Uint8Array, value: Uint8Array): void {
    checkBytes(key, 'key');
    checkBytes(value, 'value');
    this.#backend.put(key, value);
  }

  /** Returns whether the key was there. */
  delete(key: Uint8Array): boolean {
    checkBytes(key, 'key');
    return this.#backend.delete(key);
  }

  /** A copy of the value, which is put there first if there is none. */
  getOrInsert(key: Uint8Array, value: Uint8Array): Uint8Array {
    checkBytes(key, 'key');
    checkBytes(value, 'value');
    const found = this.#backend.get(key);
    if (found !== undefined) return found;
    this.#backend.put(key, value);
    return new Uint8Array(value);
  }

  /** Entries whose keys begin with `prefix`, in key order, as copies. */
  prefixScan(prefix: Uint8Array): Generator<Entry, void> {
    checkBytes(prefix, 'prefix');
    return this.scan({ prefix });
  }

  /** Entries from `start` on whose keys are below `end`, in key order, as copies. */
  rangeScan(start: Uint8Array, end: Uint8Array): Generator<Entry, void> {
    checkBytes(start, 'start');
    checkBytes(end, 'end');
    return this.scan({ from: start, to: end });
  }

  /** Entries of any range, in either direction, as copies. */
  scan(range: EntryRange = {}): Generator<Entry, void> {
    checkRange(range);
    return itemsInRange(this.#backend.cursor(), range, copiedEntry);
  }

  /** A cursor over all entries: scans without copying. */
  entryCursor(): EntryCursor {
    return this.#backend.cursor();
  }

  /**
   * A cursor, as `entryCursor` gives it, that also tells each value's place (`offset`, `length`) for
   * `bufferAt`; only for a store in memory.
   * @throws TypeError for a store on disk
   */
  placeCursor(): PlaceCursor {
    return this.#memory().cursor();
  }

  /** Frees what overwritten and deleted values take. On disk, this also does what `flush` does. */
  compact(): void {
    this.#backend.compact();
  }

  /** A copy of the whole content. */
  snapshot(): StateSnapshot {
    return new StateSnapshot([...this.scan()], this.#clock.nowNs());
  }

  /** Replaces the whole content by that of a snapshot. On disk, a crash before `flush` leaves the old. */
  restore(snapshot: StateSnapshot): void {
    if (!(snapshot instanceof StateSnapshot)) throw wrongType('snapshot', 'a StateSnapshot', snapshot);
    this.#backend.restore(snapshot.data);
  }

  /** Removes every key. On disk, a crash before `flush` leaves the old content. */
  clear(): void {
    this.#backend.clear();
  }

  /** Makes everything so far durable. In memory there is nothing to do. */
  flush(): void {
    this.#backend.save();
  }

  /**
   * Does what `flush` does: an index is worth nothing without the values that it points to, so they are
   * synced first.
   */
  saveIndex(): void {
    this.#backend.save();
  }

  /** Frees everything, the lock too. Changes that were not flushed may be lost. */
  close(): void {
    this.#backend.close();
  }

  /**
   * `put` without the value, in memory only: room of `length` bytes for that of the key which stands in
   * `buffer` at `keyStart`. The caller fills it in at once, in `bufferAt(offset)` from `startAt(offset)` on.
   * @returns the offset, which `viewAt` takes too
   * @throws TypeError for a store on disk
   */
  allocate(buffer: Uint8Array, keyStart: number, keyLength: number, length: number): number {
    checkBytes(buffer, 'buffer');
    return this.#memory().allocate(buffer, keyStart, keyLength, length);
  }

  /** Length of the value that the last `put` or `allocate` of a store in memory replaced; -1 for a new key. */
  get replacedLength(): number {
    return this.#memory().replacedLength;
  }

  /**
   * The bytes at an offset that `allocate` returned, whether or not the key still has them; valid until the
   * store is compacted, cleared or restored.
   */
  viewAt(offset: number, length: number): Uint8Array {
    return this.#memory().viewAt(offset, length);
  }

  /** The buffer behind an offset, and where in it that is: `viewAt` without making a view. */
  bufferAt(offset: number): Uint8Array {
    return this.#memory().bufferAt(offset);
  }

  startAt(offset: number): number {
    return this.#memory().startAt(offset);
  }

  #memory(): MemoryBackend {
    if (this.#backend instanceof MemoryBackend) return this.#backend;
    throw new TypeError('offsets are those of a store in memory');
  }
}
