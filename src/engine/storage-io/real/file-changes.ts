import { watch, type FSWatcher } from 'node:fs';

/** Calls back after a while, unless what it returns is called before. */
export type Timer = (callback: () => void, afterMs: number) => () => void;

export interface FileChangesOptions {
  /** Called when a file appears, goes, or is replaced, also while nobody waits; not for one that grows. */
  readonly onRename?: (() => void) | undefined;
  readonly timer?: Timer | undefined;
}

/** No change is noticed later than this, also where the kernel tells of none: on network disks, say. */
const LOOK_MS = 250;

const systemTimer: Timer = (callback, afterMs) => {
  const timeout = setTimeout(callback, afterMs);
  return () => {
    clearTimeout(timeout);
  };
};

/**
 * Tells when to look at files again that others write to: changes as the kernel tells of them (inotify), and by the clock besides.
 *
 * Invariants:
 * - `#hasChanged` is true from a change until the next call of `next`;
 * - at most one call of `next` waits, and while it does there is a timer.
 */
export class FileChanges {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #onRename: (() => void) | undefined;
  readonly #timer: Timer;
  #hasChanged = false;
  #resolve: (() => void) | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor({ onRename, timer = systemTimer }: FileChangesOptions = {}) {
    this.#onRename = onRename;
    this.#timer = timer;
  }

  /** Says which folders to watch, in place of those watched before. What cannot be watched is looked at by the clock. */
  watch(folders: readonly string[]): void {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.includes(folder)) continue;
      this.#watchers.delete(folder);
      watcher.close();
    }
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#open(folder);
  }

  /** Resolves when something may have changed since the last call: at once where it has already. */
  next(): Promise<void> {
    if (this.#hasChanged) {
      this.#hasChanged = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#cancelTimer = this.#timer(() => {
        this.wake();
      }, LOOK_MS);
    });
  }

  /** Makes `next` resolve. */
  wake(): void {
    const resolve = this.#resolve;
    this.#hasChanged = resolve === undefined;
    this.#cancelTimer?.();
    this.#resolve = undefined;
    this.#cancelTimer = undefined;
    resolve?.();
  }

  close(): void {
    this.watch([]);
    this.#cancelTimer?.();
  }

  #open(folder: string): void {
    try {
      const watcher = watch(folder);
      watcher.on('change', (event) => {
        if (event === 'rename') this.#onRename?.();
        this.wake();
      });
      // A folder that is removed while it is watched; the clock goes on.
      watcher.on('error', () => {
        this.#watchers.delete(folder);
        watcher.close();
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // It is gone, or the kernel has no watch left: the clock has to do.
    }
  }
}
