import { isStatelogError, type ErrorCode } from '../../engine/errors.js';
import type { LeftStore } from '../../engine/inspect/left-store.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../engine/storage-io/real/real-file-system.js';
import { replaced } from '../../engine/storage-io/owners/identity.js';
import type { ReadableStore, WritableStore } from '../../engine/store/store.js';
import { FreshReader } from './fresh-reader.js';
import { openForWriting, type Opening, type WriteNotices } from './write-session.js';

/** After these a writer answers nothing any more: the store is opened anew, and recovered. */
const ENDING: readonly ErrorCode[] = ['POISONED', 'CLOSED', 'STORE_REPLACED', 'IO_FAILED', 'DISK_FULL'];

/** How a store is held for as long as there is something to do. */
export interface StoreLeaseOptions {
  readonly path: string;
  readonly opening: Opening;
  readonly notices: WriteNotices;
  /** The lock is let go when no input came for so long. */
  readonly idleMs: number;
  /** How long to wait, at least, for a lock that was let go. */
  readonly retakeWaitMs?: number | undefined;
}

/**
 * A store that is locked from its first change on, let go when nothing comes, and taken again. While it is not locked it can be
 * read, without any right to write.
 *
 * Invariant: after a failure of the disk it is closed, and the next use finds what recovery makes of it. One that was moved, removed,
 * replaced or restored while its lock was let go is told once, and not made anew before that.
 */
export class StoreLease {
  readonly #options: StoreLeaseOptions;
  readonly #fileSystem: FileSystem;
  readonly #reader: FreshReader;
  #store: WritableStore | undefined;
  /** The store that was taken; undefined before, and once it is known to be gone. */
  #taken: { readonly folder: string | undefined } | undefined;
  /** The store as it was when its lock was let go because nothing came. */
  #left: LeftStore | undefined;
  /** Runs from the first wait for input on, since making one for each wait costs more than what is waited for. */
  #idle: NodeJS.Timeout | undefined;
  #isWaiting = false;

  constructor(options: StoreLeaseOptions) {
    this.#options = options;
    const { path, opening, notices } = options;
    this.#fileSystem = opening.fileSystem ?? realFileSystem();
    this.#reader = new FreshReader(path, this.#fileSystem, (finding) => {
      notices.notice(finding);
    });
  }

  /**
   * The store, locked.
   * @throws StatelogError as `openWritable`; `STORE_REPLACED` where it is no longer the one that was let go
   */
  async take(): Promise<WritableStore> {
    this.#store ??= await this.#open();
    // It may have been taken by somebody who does not wait, such as the completion of keys.
    if (this.#isWaiting) this.#startIdling();
    return this.#store;
  }

  /**
   * The store as it is: what is locked with all that was changed, else what was on disk when input was last waited for, or later.
   * @throws StatelogError as `openReadable`
   */
  async read(): Promise<ReadableStore> {
    return this.#store ?? this.#reader.read();
  }

  /**
   * Sees to it that there is a store, and makes it where that is asked for; takes no lock of one that is there.
   * @throws StatelogError as `identify` and `openWritable`
   */
  async find(): Promise<void> {
    const { isThere } = await import('../../engine/inspect/content-mark.js');
    if (!isThere(this.#fileSystem, this.#options.path)) await this.take();
  }

  /** The store, where it is locked now. */
  get held(): WritableStore | undefined {
    return this.#store;
  }

  /** Waits for input, and lets go of the lock where it takes long. What was changed must be on disk. */
  async whileWaiting<T>(input: Promise<T>): Promise<T> {
    this.#isWaiting = true;
    this.#startIdling();
    try {
      return await input;
    } finally {
      this.#isWaiting = false;
      this.#reader.doubt();
    }
  }

  /** Makes durable what was changed; at once where the store is not open, since then nothing was. */
  async sync(): Promise<void> {
    await this.#store?.sync();
  }

  /** Lets go of the lock. What was changed must be on disk. */
  letGo(): void {
    this.#forgetLeft();
    this.#close();
  }

  /** Whether an error has ended what was open. */
  isEndedBy(error: unknown): boolean {
    if (isStatelogError(error, 'STORE_REPLACED')) this.#taken = undefined;
    return this.#store !== undefined && (!isStatelogError(error) || ENDING.includes(error.code));
  }

  #close(): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#reader.close();
    const store = this.#store;
    this.#store = undefined;
    store?.close();
  }

  #startIdling(): void {
    this.#idle ??= setTimeout(() => {
      // Work that takes long is no wait: the next one begins anew.
      if (this.#isWaiting) void this.#leave();
    }, this.#options.idleMs);
    this.#idle.refresh();
  }

  /** Lets go of the lock until something comes. */
  async #leave(): Promise<void> {
    const { leaveStore } = await import('../../engine/inspect/left-store.js');
    // Something may have come meanwhile.
    if (!this.#isWaiting) return;
    if (this.#store !== undefined) {
      try {
        this.#left = leaveStore(this.#fileSystem, this.#options.path, this.#store);
      } catch (error) {
        if (!isStatelogError(error)) throw error;
        // What cannot be told from another store later is kept for now.
        this.#startIdling();
        return;
      }
    }
    this.#close();
  }

  #forgetLeft(): void {
    this.#left?.close?.();
    this.#left = undefined;
  }

  async #open(): Promise<WritableStore> {
    this.#reader.close();
    const { path, opening, notices, retakeWaitMs = 0 } = this.#options;
    if (this.#taken === undefined) return this.#hold(await openForWriting(path, opening, notices));
    this.#checkStillThere();
    const waitMs = Math.max(opening.waitMs ?? 0, retakeWaitMs);
    const store = await openForWriting(path, { ...opening, waitMs, create: undefined }, notices);
    try {
      this.#checkStillThere();
    } catch (error) {
      store.close();
      throw error;
    }
    this.#forgetLeft();
    return this.#hold(store);
  }

  /** A state directory keeps its folder for life; a compaction puts a new file in a fold log's place. */
  #hold(store: WritableStore): WritableStore {
    const folder = store.kind === 'directory' ? this.#identity() : undefined;
    this.#taken = { folder };
    return store;
  }

  #checkStillThere(): void {
    const change = this.#change();
    if (change === undefined) return;
    const { path } = this.#options;
    this.#taken = undefined;
    this.#forgetLeft();
    throw replaced(
      path,
      path,
      `it ${change} while its lock was let go`,
      'until then may not be in what is there now',
    );
  }

  #change(): string | undefined {
    const found = this.#identity();
    const folder = this.#taken?.folder;
    if (found === undefined) return 'was moved or removed';
    if (folder !== undefined && found !== folder) return 'was replaced';
    return this.#left?.change();
  }

  #identity(): string | undefined {
    return this.#fileSystem.statusFollowing(this.#options.path)?.identity;
  }
}
