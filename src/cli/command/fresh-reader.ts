import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import type { Finding } from '../../engine/finding.js';
import type { ContentMark } from '../../engine/inspect/content-mark.js';
import type { ReadableStore } from '../../engine/store/store.js';

/** A store that is read without its lock, as it is at each moment: opened anew once somebody has written to it. */
export class FreshReader {
  readonly #path: string;
  readonly #fileSystem: FileSystem;
  readonly #notice: (finding: Finding) => void;
  #opened: { readonly store: ReadableStore; readonly mark: ContentMark } | undefined;
  /** False once somebody may have written since the last look. */
  #isKnownCurrent = false;
  #wasOpened = false;

  /** @param notice is told the remarks of the first opening */
  constructor(path: string, fileSystem: FileSystem, notice: (finding: Finding) => void) {
    this.#path = path;
    this.#fileSystem = fileSystem;
    this.#notice = notice;
  }

  /**
   * The store with all that was acknowledged before the last `doubt`, or before the first call.
   * @throws StatelogError as `openReadable`
   */
  async read(): Promise<ReadableStore> {
    if (this.#opened !== undefined && (this.#isKnownCurrent || this.#opened.mark.isCurrent())) {
      this.#isKnownCurrent = true;
      return this.#opened.store;
    }
    this.close();
    // Before the look: who doubts meanwhile is heard.
    this.#isKnownCurrent = true;
    const store = await this.#open();
    if (!this.#wasOpened) for (const finding of store.notices) this.#notice(finding);
    this.#wasOpened = true;
    return store;
  }

  /** Others may have written by now: the next `read` looks. */
  doubt(): void {
    this.#isKnownCurrent = false;
  }

  close(): void {
    this.#opened?.store.close();
    this.#opened = undefined;
  }

  async #open(): Promise<ReadableStore> {
    const [{ ContentMark }, { openReadable }] = await Promise.all([
      import('../../engine/inspect/content-mark.js'),
      import('../../engine/inspect/open.js'),
    ]);
    const fileSystem = this.#fileSystem;
    // Before it is opened: what is written meanwhile is seen the next time at the latest.
    const mark = new ContentMark(fileSystem, this.#path);
    const store = openReadable(this.#path, { fileSystem });
    this.#opened = { store, mark };
    return store;
  }
}
