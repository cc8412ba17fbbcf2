import type { StoreWatch } from '../../engine/inspect/watch/store-watch.js';
import type { WatchStep } from '../../engine/inspect/watch/watch-step.js';
import type { WatchOptions } from '../../engine/inspect/watch/watched-directory.js';
import { isStatelogError } from '../../engine/errors.js';
import type { FileChanges } from '../../engine/storage-io/real/file-changes.js';
import { closeEach } from '../../engine/storage-io/whole/close-each.js';

/** The changes of a store, and waits for them. */
export class WatchedChanges {
  readonly #watch: StoreWatch;
  readonly #files: FileChanges;
  #folders: readonly string[] = [];

  private constructor(watch: StoreWatch, files: FileChanges) {
    this.#watch = watch;
    this.#files = files;
  }

  /** @throws StatelogError as `StoreWatch` */
  static async open(path: string, options: WatchOptions): Promise<WatchedChanges> {
    const [{ StoreWatch: Watch }, { FileChanges: Files }, { realFileSystem }] = await Promise.all([
      import('../../engine/inspect/watch/store-watch.js'),
      import('../../engine/storage-io/real/file-changes.js'),
      import('../../engine/storage-io/real/real-file-system.js'),
    ]);
    const watch = new Watch(realFileSystem(), path, options);
    const files = new Files({
      onRename: () => {
        holdQuietly(watch);
      },
    });
    return new WatchedChanges(watch, files);
  }

  /** One step. @throws StatelogError what opening and reading files throws */
  next(): WatchStep {
    const step = this.#watch.next();
    if (step.type !== 'waiting') return step;
    const { folders } = this.#watch;
    if (equalNames(folders, this.#folders)) return step;
    // What changed in them before they were watched is there by the next look.
    this.#folders = folders;
    this.#files.watch(folders);
    return this.#watch.next();
  }

  /** Resolves when files may have changed since the last step, or when it is woken. */
  more(): Promise<void> {
    return this.#files.next();
  }

  /** Ends a wait. */
  wake(): void {
    this.#files.wake();
  }

  close(): void {
    closeEach([this.#files, this.#watch]);
  }
}

function equalNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

/** Opens files early, to hold them; a failure here comes again when they are read, and is told then. */
function holdQuietly(watch: StoreWatch): void {
  try {
    watch.hold();
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}
