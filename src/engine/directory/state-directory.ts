import { checkBigint, checkBytes, checkBytesIfGiven } from '../bytes/byte-argument.js';
import { StatelogError } from '../errors.js';
import type { Entry, EntryCursor, EntryRange } from '../entry-cursor.js';
import {
  copiedEntry,
  copiedKey,
  countInRange,
  forEachEntryOf,
  lentEntry,
  RangeWalk,
} from '../entry-range.js';
import type { Finding } from '../finding.js';
import { checkCommit } from '../rkyv/entry/operation-arguments.js';
import { anchoredSource, anchoredStore } from '../storage-io/views/anchored-file-system.js';
import { SystemClock } from '../storage-io/interface/clock.js';
import { inheritingFromFolder } from '../storage-io/views/inheriting-file-system.js';
import { namedPath } from '../storage-io/owners/named-path.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { findInCore, isInCore, type CoreStates } from './state/core-state.js';
import { createDirectory } from './checkpoint/create-directory.js';
import type { DirectoryWriter } from './write/directory-writer.js';
import type { NewDirectoryOptions, OpenStoreOptions, ReadStoreOptions } from './directory-options.js';
import { DirectoryLayout } from './manifest/layout.js';
import type { DirectoryManifest } from './manifest/manifest.js';
import { checkGroup, type GroupChange, type GroupCommit } from './group-change.js';
import type { RecoveryReport } from './write/recover-log.js';
import { readDirectory, type DirectorySnapshot } from './read/reader.js';
import type { Progress, SegmentState } from './read/replay.js';
import { checkKeep } from './manifest/limits.js';
import { closedError } from './manifest/refusals.js';
import type { Subscription } from './write/subscribers.js';

const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** A state directory is open for reading or for writing, and has one of the two. */
interface Opened {
  readonly snapshot?: DirectorySnapshot;
  readonly writer?: DirectoryWriter;
}

/**
 * The whole stack over one folder: checkpoints, write-ahead log, manifest and lock
 * (docs/architecture.md). A writer holds the lock from `open` to `close`; what it puts and deletes is
 * seen by its own reads at once, and on disk when `sync` or `commit` has returned. A reader is a
 * snapshot, takes no lock and writes nothing.
 *
 * After a failed write or sync a writer refuses everything, reads too (`POISONED`): what is in
 * memory may be more than what is on disk, and nobody can say how much.
 */
export class StateDirectory {
  readonly path: string;
  /** Remarks made while opening. */
  readonly notices: readonly Finding[];
  /** The report of the recovery; undefined for a reader. */
  readonly recovery: RecoveryReport | undefined;
  readonly #snapshot: DirectorySnapshot | undefined;
  readonly #writer: DirectoryWriter | undefined;
  #isClosed = false;

  private constructor(path: string, opened: Opened) {
    const { snapshot, writer } = opened;
    this.path = path;
    this.#writer = writer;
    this.#snapshot = snapshot;
    this.recovery = writer?.recovery;
    this.notices = writer?.recovery.notices ?? snapshot!.notices;
  }

  /**
   * Makes an empty state directory, durable when it returns.
   * @throws StatelogError `ALREADY_EXISTS`, `INVALID_ARGUMENT`
   */
  static create(path: string, options: NewDirectoryOptions = {}): void {
    const { fileSystem = realFileSystem(), cores, keep } = options;
    createDirectory({ fileSystem, root: namedPath(fileSystem, path), cores, keep });
  }

  /**
   * Locks a state directory for writing and recovers what the last writer left.
   * @throws StatelogError `NOT_FOUND`, `LOCKED`, `DAMAGED`, `READ_ONLY` where there are no locks
   */
  static async open(named: string, options: OpenStoreOptions = {}): Promise<StateDirectory> {
    const { clock = new SystemClock(), waitMs = 0, lossBytesMax, onWarning } = options;
    const { manifest, pace, writesOnly } = options;
    checkBytesIfGiven(manifest, 'manifest');
    const system = options.fileSystem ?? realFileSystem();
    const path = namedPath(system, named);
    const anchored = anchoredStore(system, path);
    const fileSystem = inheritingFromFolder(anchored, path);
    const layout = new DirectoryLayout(path);
    // Loaded here, not at the top: who only reads needs none of it, which is half of a store.
    const [{ openWriter }, { DirectoryWriter: Writer }] = await Promise.all([
      import('./write/open-writer.js'),
      import('./write/directory-writer.js'),
    ]);
    const environment = { fileSystem, clock, layout };
    const opened = await openWriter({ ...environment, waitMs, lossBytesMax, manifest, writesOnly });
    return new StateDirectory(path, { writer: new Writer({ ...environment, onWarning, pace }, opened) });
  }

  /**
   * Opens a snapshot of what was acknowledged before now.
   * @throws StatelogError `NOT_FOUND`, `EPOCH_NOT_FOUND`, `DAMAGED`
   */
  static openReadOnly(named: string, options: ReadStoreOptions = {}): StateDirectory {
    const { fileSystem = realFileSystem(), at, only, mapping } = options;
    const path = namedPath(fileSystem, named);
    checkBytesIfGiven(only, 'only');
    if (at !== undefined) checkBigint(at, 'at', 0n, U64_MAX);
    const anchored = anchoredSource(fileSystem, path);
    const snapshot = readDirectory({ fileSystem: anchored, root: path, at, only, mapping });
    return new StateDirectory(path, { snapshot });
  }

  get isReadOnly(): boolean {
    return this.#writer === undefined;
  }

  get manifest(): DirectoryManifest {
    return this.#writer?.manifest ?? this.#snapshot!.manifest;
  }

  /** The epoch that the newest change belongs to; the newest checkpoint's if there was none since. */
  get epoch(): bigint {
    return this.#writer?.epoch ?? this.#snapshot!.epoch;
  }

  /** Lines taken of each source, and the watermark. */
  get progress(): Progress {
    return this.#writer?.progress ?? this.#snapshot!.progress;
  }

  /** Records and good bytes in the log of the live epoch, a core each. */
  get segments(): readonly SegmentState[] {
    return this.#writer?.segments ?? this.#snapshot!.segments;
  }

  /**
   * Takes a change into memory: durable after `sync`.
   * @throws StatelogError `LIMIT_EXCEEDED` where a format cannot hold it: nothing was written
   */
  put(key: Uint8Array, value: Uint8Array): void {
    checkBytes(key, 'key');
    checkBytes(value, 'value');
    this.#mustWrite().put(key, value);
  }

  /** Returns whether the key was there. */
  delete(key: Uint8Array): boolean {
    checkBytes(key, 'key');
    return this.#mustWrite().delete(key);
  }

  /**
   * Takes several changes into memory as one: durable after `sync`, and after a crash, or for a reader, all of them are there or
   * none (docs/formats/wal.md, "Groups"). Of a key that comes twice, the last change counts.
   * @param commit how far sources were read, with the changes
   * @throws StatelogError `LIMIT_EXCEEDED` where a format cannot hold one of them: nothing was written
   */
  writeGroup(changes: Iterable<GroupChange>, commit?: GroupCommit): void {
    const all = [...changes];
    checkGroup(all, commit);
    this.#mustWrite().writeGroup(all, commit);
  }

  /** A copy of the key's value, or undefined. */
  get(key: Uint8Array): Uint8Array | undefined {
    checkBytes(key, 'key');
    return findInCore(this.#states().of(key), key)?.slice();
  }

  /** True if the key is there; reads no value. */
  has(key: Uint8Array): boolean {
    checkBytes(key, 'key');
    return isInCore(this.#states().of(key), key);
  }

  /** Entries in key order, free to keep. A scan goes on over a checkpoint that is made meanwhile. */
  scan(range: EntryRange = {}): Generator<Entry, void> {
    return this.#walk(range, copiedEntry);
  }

  /** Entries as `scan` shows them, each valid until the next one is asked for: takes a fraction of the time. */
  lentEntries(range: EntryRange = {}): Generator<Entry, void> {
    return this.#walk(range, lentEntry);
  }

  /** Shows every entry in key order; key and value are lent for the call. */
  forEachEntry(visit: (key: Uint8Array, value: Uint8Array) => void): void {
    this.#look((cursor) => {
      forEachEntryOf(cursor, visit);
    });
  }

  /** Keys in order, free to keep; reads no value. Goes on over a checkpoint as `scan` does. */
  keys(range: EntryRange = {}): Generator<Uint8Array, void> {
    return this.#walk(range, copiedKey);
  }

  /** How many keys are in the range; reads no value. */
  count(range: EntryRange = {}): number {
    return this.#look((cursor) => countInRange(cursor, range));
  }

  /** Resolves when everything put and deleted so far is on disk, and every subscriber has room for it. */
  async sync(): Promise<void> {
    await this.#mustWrite().sync();
  }

  /**
   * Does what `sync` does, and then records, also on disk when it resolves, how far sources were read. The record is
   * never ahead of the data: the data is synced first.
   * @param offsets lines taken, by source; sources not named keep what they had
   * @param watermark event time up to which everything has come; undefined: as before
   */
  async commit(offsets: ReadonlyMap<string, bigint>, watermark?: bigint): Promise<void> {
    checkCommit(offsets, watermark);
    await this.#mustWrite().commit(offsets, watermark);
  }

  /**
   * Folds the log into a new checkpoint. Without changes since the last one, none is made.
   * @param options.keep how many checkpoints stay, from now on
   * @returns whether one was made
   */
  async checkpoint(options: { readonly keep?: number | undefined } = {}): Promise<boolean> {
    checkKeep(options.keep);
    return this.#mustWrite().checkpoint({ keep: options.keep, rewrite: false });
  }

  /** A checkpoint that writes all values anew, in key order and without holes. */
  async compact(): Promise<void> {
    await this.#mustWrite().checkpoint({ keep: undefined, rewrite: true });
  }

  /** Between `beginBatch` and `endBatch` checkpoints are made less often, so that a large load stays fast. */
  beginBatch(): void {
    this.#mustWrite().beginBatch();
  }

  /** Ends a batch; if it made a checkpoint, it ends with one, so that readers have little to replay. */
  async endBatch(): Promise<void> {
    await this.#mustWrite().endBatch();
  }

  /** Every change from now on, once it is acknowledged, in order for each core. */
  subscribe(): Subscription {
    return this.#mustWrite().subscribe();
  }

  /**
   * Makes sure that the path still means the store that is open and locked, as each acknowledgement does.
   * @throws StatelogError `STORE_REPLACED`
   */
  checkHeld(): void {
    this.#mustWrite().checkHeld();
  }

  /** Releases the lock and the files. Call `sync` first: changes that were not synced may be lost. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#writer === undefined) this.#snapshot?.states.release();
    else this.#writer.close();
  }

  #states(): CoreStates {
    if (this.#isClosed) throw closedError(this.path);
    return this.#writer?.states ?? this.#snapshot!.states;
  }

  /** Holds what the cursor walks over until `use` returns. */
  #look<Result>(use: (cursor: EntryCursor) => Result): Result {
    const states = this.#states();
    states.hold();
    try {
      return use(states.cursor());
    } finally {
      states.release();
    }
  }

  /** Holds what the cursor walks over until the walk is over. */
  *#walk<Item>(range: EntryRange, itemOf: (cursor: EntryCursor) => Item): Generator<Item, void> {
    const states = this.#states();
    states.hold();
    try {
      const walk = new RangeWalk(states.cursor(), range);
      while (walk.next()) yield itemOf(walk.cursor);
    } finally {
      states.release();
    }
  }

  #mustWrite(): DirectoryWriter {
    if (this.#isClosed) throw closedError(this.path);
    if (this.#writer !== undefined) return this.#writer;
    throw new StatelogError('READ_ONLY', 'the state directory was opened for reading', { path: this.path });
  }
}
