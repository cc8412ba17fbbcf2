import { isStatelogError, StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { StagingFolder } from '../../storage-io/whole/staging-folder.js';
import type { ContentIdentity, Download } from './download.js';
import { FetchedTar, writtenDown } from './fetched-tar.js';

/** A download, and what an import to the same destination, which was killed, left of the same content. */
export class BegunDownload {
  readonly #fileSystem: FileSystem;
  readonly #download: Download;
  readonly #content: ContentIdentity;
  /** The folder that was left, locked by us. */
  readonly #left: StagingFolder | undefined;
  #fetched: FetchedTar | undefined;
  /** The folder of this import, once something of the tar is in it that another can go on with. */
  #begun: StagingFolder | undefined;
  /** The error that ended the tar before its end. */
  #failure: unknown;

  private constructor(
    fileSystem: FileSystem,
    download: Download,
    content: ContentIdentity,
    left?: StagingFolder,
    fetched?: FetchedTar,
  ) {
    this.#fileSystem = fileSystem;
    this.#download = download;
    this.#content = content;
    this.#left = left;
    this.#fetched = fetched;
  }

  /**
   * Looks for what was left.
   * @param unpacked name of the folder in an import's folder that it unpacks files to
   */
  static async find(
    fileSystem: FileSystem,
    destination: string,
    unpacked: string,
    download: Download,
  ): Promise<BegunDownload> {
    const content = await download.identify();
    const found = (folder: string): FetchedTar | undefined =>
      FetchedTar.find(fileSystem, folder, unpacked, content);
    if (content.etag === undefined) return new BegunDownload(fileSystem, download, content);
    const left = StagingFolder.takeAbandoned(fileSystem, destination, (folder) => found(folder)?.bytes ?? 0);
    return new BegunDownload(fileSystem, download, content, left, left && found(left.path));
  }

  /**
   * Does work with the tar: what was left of it goes in front. Where the work fails with that, and not for the connection, it
   * is done once more with all of the tar fetched anew.
   * @param folder where the import's own progress is written down; undefined: nowhere
   */
  async use<T>(
    folder: StagingFolder | undefined,
    work: (stream: AsyncIterable<Uint8Array>) => Promise<T>,
  ): Promise<T> {
    const fetched = this.#fetched;
    if (fetched === undefined) return work(this.#stream(folder));
    try {
      return await work(this.#stream(folder, fetched));
    } catch (error) {
      // Where only the connection failed, what was left can be of use another time.
      if (!isStatelogError(error) || (error.code === 'IO_FAILED' && !fetched.isUnreadable)) throw error;
      this.remove();
    }
    return work(this.#stream(folder));
  }

  /**
   * True where the connection failed in the midst of the tar, and the import's folder holds what came before: left there, it is what a
   * killed import leaves.
   */
  isWorthLeaving(error: unknown): boolean {
    return this.#begun !== undefined && error === this.#failure && isStatelogError(error, 'IO_FAILED');
  }

  /** The failure of the connection, and what is left to go on with. */
  interrupted({ code, message, details, cause }: StatelogError): StatelogError {
    return new StatelogError(code, message, {
      ...details,
      cause,
      safe: `what was fetched stays in ${this.#begun?.root}, and nothing else was made`,
      hint: 'run it again: it goes on where it stopped',
    });
  }

  /** Removes what was left: it is of no more use. */
  remove(): void {
    if (this.#fetched !== undefined) this.#left?.remove();
    this.#fetched = undefined;
  }

  /** Lets go of what was left, for another import. */
  leave(): void {
    if (this.#fetched !== undefined) this.#left?.leave();
    this.#fetched = undefined;
  }

  #stream(folder: StagingFolder | undefined, fetched?: FetchedTar): AsyncIterable<Uint8Array> {
    const chunks = this.#download.open(this.#content, fetched);
    return folder === undefined || this.#content.etag === undefined
      ? chunks
      : writtenDown(this.#watched(chunks, folder), this.#content, this.#fileSystem, folder.path);
  }

  async *#watched(
    chunks: AsyncIterable<Uint8Array>,
    folder: StagingFolder,
  ): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of chunks) {
        yield chunk;
        // Only now it was taken.
        if (this.#begun !== undefined || !this.#fileSystem.canLock) continue;
        folder.keepOnSignals();
        this.#begun = folder;
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
