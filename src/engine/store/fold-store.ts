import { checkBytes } from '../bytes/byte-argument.js';
import { StatelogError, isStatelogError } from '../errors.js';
import type { EntryCursor, EntryRange } from '../entry-cursor.js';
import { itemsInRange } from '../entry-range.js';
import type { Finding } from '../finding.js';
import { AppendLogFold } from '../fold/store/append-log-fold.js';
import { COMPACT_THRESHOLD_DEFAULT } from '../fold/format/format.js';
import { createLog } from '../fold/write/open-log.js';
import { type KeyedUpdate, KvUpdate } from '../fold/format/update.js';
import { VersionToken } from '../fold/format/version-token.js';
import { WatchCursor } from '../fold/format/watch-cursor.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { CursorStore } from './cursor-store.js';
import { remarksOn } from './remarks.js';
import type {
  CheckpointReport,
  CompactReport,
  EntryVisitor,
  PutOptions,
  StoreChange,
  StoreCommit,
  StoredEntry,
  WritableStore,
} from './store.js';
import { alreadyThere } from '../storage-io/whole/already-there.js';

/** How a fold log is opened for writing. */
export interface OpenFoldOptions {
  readonly fileSystem: FileSystem;
  readonly waitMs: number;
  readonly largeValues?: boolean | undefined;
  readonly lossBytesMax?: number | undefined;
  /** True: little of what is read is kept in memory. */
  readonly readOnce?: boolean | undefined;
  readonly onWarning?: ((error: unknown) => void) | undefined;
}

/** A fold log as commands see it. */
export class FoldStore extends CursorStore implements WritableStore {
  readonly kind = 'log';
  readonly path: string;
  readonly epoch = undefined;
  readonly #fold: AppendLogFold;
  readonly #fileSystem: FileSystem;
  #next: WatchCursor;

  private constructor(fold: AppendLogFold, fileSystem: FileSystem) {
    super();
    this.#fold = fold;
    this.#fileSystem = fileSystem;
    this.path = fold.path;
    this.#next = fold.cursor;
  }

  /** @param readOnce true: little of what is read is kept in memory */
  static load(path: string, fileSystem: FileSystem, readOnce = false): FoldStore {
    return new FoldStore(AppendLogFold.load(path, { fileSystem, readOnce }).store, fileSystem);
  }

  static async open(
    path: string,
    { fileSystem, waitMs, largeValues, lossBytesMax, readOnce, onWarning }: OpenFoldOptions,
  ): Promise<FoldStore> {
    const policy = { ifMissing: 'fail' as const, compactOnOpen: false, largeValues, lossBytesMax, readOnce };
    const options = { fileSystem, ...policy, onWarning };
    const opened = await AppendLogFold.openWhenFree(path, COMPACT_THRESHOLD_DEFAULT, options, { waitMs });
    return new FoldStore(opened.store, fileSystem);
  }

  /**
   * Makes an empty fold log.
   * @throws StatelogError `ALREADY_EXISTS`
   */
  static create(path: string, fileSystem: FileSystem): void {
    if (fileSystem.status(path) !== undefined) throw alreadyThere(path);
    try {
      createLog(fileSystem, path);
    } catch (error) {
      throw isStatelogError(error, 'ALREADY_EXISTS') ? alreadyThere(path) : error;
    }
  }

  get cursor(): Uint8Array {
    return this.#fold.cursor.toBytes();
  }

  /** Bytes that the log has, and those of its compact form. */
  get sizes(): { readonly bytes: number; readonly compactBytes: number } {
    return { bytes: this.#fold.sizeBytes, compactBytes: this.#fold.compactSizeBytes };
  }

  get notices(): readonly Finding[] {
    const { tornTail, cutTail } = this.#fold;
    const notices = remarksOn(this.#fileSystem, this);
    if (tornTail !== undefined) notices.push(tornTail);
    if (cutTail !== undefined) {
      const where = cutTail.copy === undefined ? '' : ` copied to ${cutTail.copy} and`;
      notices.push({
        ...cutTail.finding,
        severity: 'notice',
        message: `an unfinished last write was${where} cut`,
        hint: undefined,
      });
    }
    return notices;
  }

  get copies(): readonly string[] {
    const copy = this.#fold.cutTail?.copy;
    return copy === undefined ? [] : [copy];
  }

  get(key: Uint8Array): StoredEntry | undefined {
    checkBytes(key, 'key');
    const entry = this.#fold.get(key);
    return entry === undefined ? undefined : { key, value: entry.value, version: entry.version.toBytes() };
  }

  override entries(range?: EntryRange): Generator<StoredEntry, void> {
    return itemsInRange(this.#fold.entryCursor(), range, (at) => {
      return { key: at.key.slice(), value: at.value().slice(), version: at.version().toBytes() };
    });
  }

  override lentEntries(range?: EntryRange): Generator<StoredEntry, void> {
    return itemsInRange(this.#fold.entryCursor(), range, (at) => {
      return { key: at.key, value: at.value(), version: at.version().toBytes() };
    });
  }

  override forEachEntry(visit: EntryVisitor): void {
    const cursor = this.#fold.entryCursor();
    for (let valid = cursor.first(); valid; valid = cursor.next()) {
      const value = cursor.value();
      visit(cursor.key, value, cursor.version().toBytes());
    }
  }

  put(key: Uint8Array, value: Uint8Array, options?: PutOptions): void {
    checkBytes(key, 'key');
    checkBytes(value, 'value');
    this.#fold.write(KvUpdate.put(key, value, versionOf(options)));
  }

  delete(key: Uint8Array, options?: PutOptions): boolean {
    checkBytes(key, 'key');
    if (!this.#fold.contains(key)) return false;
    this.#fold.write(KvUpdate.delete(key, versionOf(options)));
    return true;
  }

  /** Applies updates and the cursor behind them, all of them or, where one cannot be held, none; they are on disk on return. */
  apply(updates: Iterable<KvUpdate>, cursor: WatchCursor): void {
    this.#fold.apply(updates, cursor);
    this.#next = this.#fold.cursor;
  }

  /** Applies updates as `apply` does, by a new file in the log's place: killed at any moment, it is all there or nothing. */
  applyAtOnce(updates: Iterable<KeyedUpdate>, cursor: WatchCursor): void {
    this.#fold.applyAtOnce(updates, cursor);
    this.#next = this.#fold.cursor;
  }

  contains(key: Uint8Array | string): boolean {
    return this.#fold.contains(key);
  }

  writeGroup(changes: readonly StoreChange[], commit?: StoreCommit): void {
    if (commit !== undefined) throw noSources();
    const last = new Map(changes.map((change) => [Buffer.from(change.key).toString('latin1'), change]));
    const updates = [...last.values()].flatMap(({ key, value, version }): KvUpdate[] => {
      if (value !== undefined) return [KvUpdate.put(key, value, versionOf({ version }))];
      return this.#fold.contains(key) ? [KvUpdate.delete(key, versionOf({ version }))] : [];
    });
    this.#fold.writeGroup(updates);
  }

  sync(): Promise<void> {
    this.#fold.checkpoint(this.#next);
    return Promise.resolve();
  }

  sourcePosition(): bigint {
    throw noSources();
  }

  syncSource(): Promise<void> {
    throw noSources();
  }

  setCursor(cursor: Uint8Array): void {
    checkBytes(cursor, 'cursor');
    this.#next = WatchCursor.fromBytes(cursor);
  }

  checkpoint({ keep }: { readonly keep?: number | undefined }): Promise<CheckpointReport> {
    if (keep !== undefined) {
      throw new StatelogError('NOT_REPRESENTABLE', 'a fold log keeps no earlier checkpoints', {
        path: this.path,
      });
    }
    this.#fold.checkpoint(this.#next);
    return Promise.resolve({ epoch: undefined, cursor: this.cursor, keys: this.#fold.count, changed: true });
  }

  compact(): Promise<CompactReport> {
    const bytesBefore = this.#fold.sizeBytes;
    this.#fold.compact();
    return Promise.resolve({ bytesBefore, bytesAfter: this.#fold.sizeBytes, keys: this.#fold.count });
  }

  protected override entryCursor(): EntryCursor {
    return this.#fold.entryCursor();
  }

  protected override countAll(): number {
    return this.#fold.count;
  }

  checkHeld(): void {
    this.#fold.checkHeld();
  }

  close(): void {
    this.#fold.close();
  }
}

function versionOf({ revision, version }: PutOptions = {}): VersionToken {
  if (version !== undefined) return VersionToken.fromBytes(version);
  return revision === undefined ? VersionToken.unknown() : VersionToken.fromU64(revision);
}

function noSources(): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'a fold log does not remember sources', {
    hint: 'use a state directory, or a cursor of your own with --cursor',
    safe: 'nothing was written',
  });
}
