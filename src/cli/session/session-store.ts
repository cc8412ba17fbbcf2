import { isStatelogError, type ErrorCode } from '../../engine/errors.js';
import type { OpenWritableOptions } from '../../engine/inspect/open-options.js';
import type { WritableStore } from '../../engine/store/store.js';
import type { WriteNotices } from '../command/write-session.js';

/** After these a writer answers nothing any more: the store is opened anew, and recovered. */
const ENDING: readonly ErrorCode[] = ['POISONED', 'CLOSED', 'STORE_REPLACED', 'IO_FAILED', 'DISK_FULL'];

/** How a session opens its store. */
export interface SessionStoreOptions {
  readonly path: string;
  readonly opening: Omit<OpenWritableOptions, 'onWarning'>;
  readonly notices: WriteNotices;
}

/**
 * The store of a session: locked from the first request on, let go when nothing comes, and taken again.
 *
 * Invariant: after a failure of the disk it is closed, and the next request finds what recovery makes of it.
 */
export class SessionStore {
  readonly #options: SessionStoreOptions;
  #store: WritableStore | undefined;

  constructor(options: SessionStoreOptions) {
    this.#options = options;
  }

  /**
   * The store, locked.
   * @throws StatelogError as `openWritable`
   */
  async take(): Promise<WritableStore> {
    this.#store ??= await this.#open();
    return this.#store;
  }

  /** Makes durable what was changed; at once where the store is not open, since then nothing was. */
  async sync(): Promise<void> {
    await this.#store?.sync();
  }

  /** Lets go of the lock. What was changed must be on disk. */
  letGo(): void {
    const store = this.#store;
    this.#store = undefined;
    store?.close();
  }

  /** Whether an error has ended what was open. */
  isEndedBy(error: unknown): boolean {
    return this.#store !== undefined && (!isStatelogError(error) || ENDING.includes(error.code));
  }

  async #open(): Promise<WritableStore> {
    const { path, opening, notices } = this.#options;
    const { openWritable } = await import('../../engine/inspect/open.js');
    const onWarning = (error: unknown): void => {
      notices.warn(error);
    };
    const store = await openWritable(path, { ...opening, onWarning });
    for (const finding of store.notices) notices.notice(finding);
    return store;
  }
}
