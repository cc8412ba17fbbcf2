import type { EntryCursor } from '../../entry-cursor.js';
import { StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileLockOptions } from '../../storage-io/lock/file-lock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { compactBytes, compactForm } from '../lookup/compact-form.js';
import { EntryReader } from '../lookup/entry-reader.js';
import { type FoldOptions, type FoldSetup, type OpenedFold, policyOf } from './fold-options.js';
import { FoldContent } from '../write/fold-content.js';
import { FoldCursor } from '../lookup/fold-cursor.js';
import { COMPACT_THRESHOLD_DEFAULT } from '../format/format.js';
import { KeyText } from '../format/key-text.js';
import type { OpenLog } from '../record/log-window.js';
import {
  closedOnFailure,
  type CutLogTail,
  type OpenedLog,
  openForReading,
  openForWriting,
  openForWritingWhenFree,
} from '../write/open-log.js';
import type { FoldRecord } from '../format/record.js';
import type { ReplayedLog } from '../scan/replay.js';
import { type KeyedUpdate, type KeyLike, type KvEntry, type KvUpdate } from '../format/update.js';
import { checkUpdate, checkUpdates } from '../format/update.js';
import { checkCursor, type WatchCursor } from '../format/watch-cursor.js';
import { WritingSession } from '../write/writing-session.js';

/**
 * A durable fold of a watched key-value stream in one append-only file: the live entries in key order, and the cursor up
 * to which the stream is in them. It opens, and is opened by, Slipstream. Values stay in the file; the memory it takes is that of the keys.
 *
 * Invariants:
 * - What `apply` returned from is on disk, data before cursor.
 * - Once a write or a sync failed, reads are refused too: memory may be ahead of the disk.
 */
export class AppendLogFold {
  readonly path: string;
  readonly #content: FoldContent;
  readonly #session: WritingSession | undefined;
  readonly #setup: FoldSetup;
  readonly #keyText = new KeyText();
  readonly #entries = new EntryReader();
  #closed = false;
  /** The unfinished end of a log that was opened for reading, left where it is: torn, or being written. */
  readonly tornTail: Finding | undefined;
  /** The end that opening for writing cut off. */
  readonly cutTail: CutLogTail | undefined;

  /** For `open` and `load`. */
  constructor(opened: OpenedLog, setup: FoldSetup) {
    this.path = opened.log.path;
    this.#content = new FoldContent(opened, setup.options.readOnce === true);
    this.#session = setup.mode === 'write' ? new WritingSession(this.#content, opened) : undefined;
    this.#setup = setup;
    this.tornTail = opened.replayed.tornTail;
    this.cutTail = opened.cut;
  }

  /**
   * Opens a log for writing, or makes one, and locks it.
   * @throws StatelogError `LOCKED`; `DAMAGED`, `UNKNOWN_FORMAT` or `UNSUPPORTED_VERSION`, with the file
   * as it was; `READ_ONLY` where this platform has no locks; what the file system throws
   */
  static open<T extends AppendLogFold>(
    this: FoldClass<T>,
    path: string,
    compactThreshold: number = COMPACT_THRESHOLD_DEFAULT,
    options: FoldOptions = {},
  ): OpenedFold<T> {
    const fileSystem = options.fileSystem ?? realFileSystem();
    const opened = openForWriting(fileSystem, path, policyOf(options));
    return makeStore(this, opened, { mode: 'write', compactThreshold, options });
  }

  /** Opens as `open` does, but waits `lock.waitMs` for another process that holds the lock. */
  static async openWhenFree<T extends AppendLogFold>(
    this: FoldClass<T>,
    path: string,
    compactThreshold: number,
    options: FoldOptions,
    lock: FileLockOptions,
  ): Promise<OpenedFold<T>> {
    const fileSystem = options.fileSystem ?? realFileSystem();
    const opened = await openForWritingWhenFree(fileSystem, path, policyOf(options), lock);
    return makeStore(this, opened, { mode: 'write', compactThreshold, options });
  }

  /**
   * Opens a log for reading: it takes no lock and changes nothing, and shows the log as it is now
   * whatever is written later. An unfinished end is left out and told in `tornTail`.
   * @throws StatelogError `DAMAGED`, `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`; what the file system throws
   */
  static load<T extends AppendLogFold>(
    this: FoldClass<T>,
    path: string,
    options: Pick<FoldOptions, 'fileSystem' | 'readOnce'> = {},
  ): OpenedFold<T> {
    const opened = openForReading(options.fileSystem ?? realFileSystem(), path);
    return makeStore(this, opened, { mode: 'read', compactThreshold: Infinity, options });
  }

  /**
   * Takes over a log that its caller has opened, locked and replayed, and has put in its place since: all of it
   * is on disk, its name included.
   */
  static adopt<T extends AppendLogFold>(
    this: FoldClass<T>,
    log: OpenLog,
    replayed: ReplayedLog,
    compactThreshold: number = COMPACT_THRESHOLD_DEFAULT,
    options: FoldOptions = {},
  ): OpenedFold<T> {
    const opened = { log, replayed, cut: undefined, fresh: true };
    return makeStore(this, opened, { mode: 'write', compactThreshold, options });
  }

  /** The cursor of the last apply; none where there was none. */
  get cursor(): WatchCursor {
    return this.#content.cursor;
  }

  /** Live keys. */
  get count(): number {
    return this.#content.index.count;
  }

  /** Bytes of the log, those included that were written and not yet applied. */
  get sizeBytes(): number {
    return this.#session?.size ?? this.#content.log.size;
  }

  /** Bytes that the log has in its compact form. */
  get compactSizeBytes(): number {
    return compactBytes(this.#content.index, this.#content.cursor);
  }

  /**
   * Folds a batch in and moves the cursor; both are on disk on return. Where it throws because of what the batch holds, nothing was written.
   * @throws StatelogError `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED` for what a log cannot hold; `READ_ONLY`, `CLOSED`, `POISONED`; what the file system throws
   */
  apply(batch: Iterable<KvUpdate>, cursor: WatchCursor): void {
    const updates = [...batch];
    checkCursor(cursor);
    this.#writeAll(updates, false);
    this.checkpoint(cursor);
  }

  /** Folds a batch in as `apply` does, by a new file in the log's place: a crash leaves all of it or nothing. */
  applyAtOnce(batch: Iterable<KeyedUpdate>, cursor: WatchCursor): void {
    this.#writing().replaceWith(checkUpdates(batch, this.#setup.options.largeValues), cursor);
  }

  /**
   * Folds one update in, to be seen at once; it is on disk only after `checkpoint`.
   * @throws StatelogError as `apply`
   */
  write(update: KvUpdate): void {
    const session = this.#writing();
    checkUpdate(update, this.#setup.options.largeValues);
    session.write(update);
  }

  /** Folds updates in, as `write` does, as one: all of them or none (docs/formats/fold-log.md, "Groups"). */
  writeGroup(updates: readonly KvUpdate[]): void {
    this.#writeAll(updates, updates.length > 1);
  }

  /** Writes the cursor; on return it is on disk with everything written before. A log that grew much is rewritten. */
  checkpoint(cursor: WatchCursor = this.cursor): void {
    checkCursor(cursor);
    const session = this.#writing();
    session.checkpoint(cursor);
    session.compactIfWasteful(this.#setup.compactThreshold, this.#setup.options.onWarning);
  }

  /** @throws StatelogError `STORE_REPLACED` where the path no longer means the log that is open and locked */
  checkHeld(): void {
    this.#writing().checkHeld();
  }

  /** Rewrites the log in its compact form, which the same content always has. */
  compact(): void {
    this.#writing().compact();
  }

  /** The live entry of a key, or undefined. */
  get(key: KeyLike): KvEntry | undefined {
    const source = this.#source();
    const text = this.#keyText;
    const { index } = this.#content;
    if (!text.take(key) || !index.find(text.bytes, 0, text.length)) return undefined;
    return this.#entries.entry(source.read(index.offset, index.length), text.string);
  }

  /** True if the key is live. Its value is not read. */
  contains(key: KeyLike): boolean {
    this.#source();
    return this.#keyText.take(key) && this.#content.index.find(this.#keyText.bytes, 0, this.#keyText.length);
  }

  /** All live entries whose key starts with `prefix`, in ascending order of their keys' bytes. */
  range(prefix: KeyLike = ''): KvEntry[] {
    const entries: KvEntry[] = [];
    this.forEachInRange(prefix, (entry) => entries.push(entry));
    return entries;
  }

  /** Visits the same entries one by one; what `visit` throws ends it. */
  forEachInRange(prefix: KeyLike, visit: (entry: KvEntry) => unknown): void {
    if (!this.#keyText.take(prefix)) return;
    const start = this.#keyText.copy();
    const { index } = this.#content;
    const walk = index.cursor();
    for (let slot = walk.seekFirst(start); slot >= 0; slot = walk.next()) {
      index.load(slot);
      const record = this.#source().read(index.offset, index.length);
      if (!record.keyStartsWith(start)) return;
      visit(this.#entries.entry(record));
    }
  }

  /** A cursor over the live entries, keys and values as bytes. */
  entryCursor(): FoldCursor & EntryCursor {
    this.#source();
    return new FoldCursor(this.#content.index, () => this.#source());
  }

  /** Shows the put of each live entry in key order, checked, until the next. */
  forEachPut(visit: (record: FoldRecord) => void): void {
    const { index } = this.#content;
    const source = this.#source();
    const walk = index.cursor();
    for (let slot = walk.first(); slot >= 0; slot = walk.next()) {
      index.load(slot);
      visit(source.read(index.offset, index.length));
    }
  }

  /** The log's compact form (`compactSizeBytes` of it), in chunks that are each valid until the next is asked for. */
  compactChunks(): Generator<Uint8Array, void> {
    return compactForm(this.#content.index, this.#source(), this.#content.cursor);
  }

  /** The file system that the log was opened through. */
  protected get fileSystem(): FileSystem {
    return this.#content.log.fileSystem;
  }

  /**
   * Frees the file and its lock. What was written and not checkpointed is not promised. Where something was, the cursor is
   * written once more, so that whoever opens the log next knows that all of it is on disk and need not write it anew.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#session !== undefined) this.#session.close();
    else closeQuietly(this.#content.log.fileSystem, this.#content.log.descriptor);
  }

  #writeAll(updates: readonly KvUpdate[], isGroup: boolean): void {
    const session = this.#writing();
    for (const update of updates) checkUpdate(update, this.#setup.options.largeValues);
    if (isGroup) session.markGroup();
    for (const update of updates) session.write(update);
  }

  #source(): FoldContent['source'] {
    this.#refuseClosed();
    this.#session?.refuseIfPoisoned();
    return this.#content.source;
  }

  #writing(): WritingSession {
    this.#refuseClosed();
    if (this.#session !== undefined) return this.#session;
    throw new StatelogError('READ_ONLY', `${this.path} was opened for reading`, { path: this.path });
  }

  #refuseClosed(): void {
    if (this.#closed) throw new StatelogError('CLOSED', `${this.path} was closed`, { path: this.path });
  }
}

/** How to make a class's instance of an opened log: `AppendLogFold`, or what extends it. */
export type FoldClass<T extends AppendLogFold> = new (opened: OpenedLog, setup: FoldSetup) => T;

function makeStore<T extends AppendLogFold>(
  Store: FoldClass<T>,
  opened: OpenedLog,
  setup: FoldSetup,
): OpenedFold<T> {
  const { fileSystem, descriptor } = opened.log;
  return closedOnFailure(fileSystem, descriptor, () => {
    const store = new Store(opened, setup);
    return { cursor: store.cursor, store };
  });
}
