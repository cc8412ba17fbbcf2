import { basename, join, resolve } from 'node:path';
import { toBase64 } from '../../bytes/text/text.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import type { SlicePlace } from '../../storage-io/views/composed-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { moveIntoPlace } from '../../storage-io/whole/into-place.js';
import { StagingFolder } from '../../storage-io/whole/staging-folder.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { NewFile } from '../log/new-file.js';
import { RangeCopier } from '../log/range-copier.js';

const INDEX_NAME = 'index.ndjson';
const NUMBER_DIGITS = 6;

/**
 * A new folder for the bytes of all that a repair leaves out: damaged records, pages and values of state files, values without a name, runs of records that are set
 * apart. Each has a file, and a line of JSON in `index.ndjson` that says where it lay and what is wrong with it. It is put
 * together in a hidden folder (0700, its files 0600), and moved into place when the repair is done.
 */
export class LostFound {
  readonly #fileSystem: FileSystem;
  readonly #destination: string;
  readonly #staging: StagingFolder;
  readonly #folder: string;
  readonly #index: NewFile;
  #indexBytes = 0;
  #files = 0;

  private constructor(fileSystem: FileSystem, destination: string, staging: StagingFolder) {
    this.#fileSystem = fileSystem;
    this.#destination = destination;
    this.#staging = staging;
    this.#folder = join(staging.path, basename(destination));
    fileSystem.makeDirectory(this.#folder);
    this.#index = NewFile.create(fileSystem, join(this.#folder, INDEX_NAME));
  }

  /** @param path where it is to be: nothing is there yet, or an empty folder */
  static make(fileSystem: FileSystem, path: string): LostFound {
    const destination = resolve(path);
    const staging = StagingFolder.make(fileSystem, destination);
    try {
      return new LostFound(fileSystem, destination, staging);
    } catch (error) {
      staging.remove();
      throw error;
    }
  }

  /**
   * Keeps the bytes of what is lost.
   * @param source where the file of the finding is read
   * @param place where it lies on disk, for the index
   * @param key of a value: the key that it was of, if that is proven
   */
  take(source: FileSystem, finding: Finding, place: SlicePlace, key?: Uint8Array): void {
    if (finding.bytes === 0) return;
    const name = this.#copy(source, finding);
    const { class: kind, bytes, message, coreId, epoch, sequence } = finding;
    const { path: file, offset } = place;
    const keyBase64 = key === undefined ? undefined : toBase64(key);
    const line = { file, offset, bytes, class: kind, message, coreId, epoch, sequence, keyBase64, name };
    const text = Buffer.from(`${JSON.stringify(line)}\n`);
    writeFully(this.#fileSystem, this.#index.descriptor, text, 0, text.length, this.#indexBytes);
    this.#indexBytes += text.length;
  }

  /** Puts it in its place; on disk on return. */
  finish(): void {
    this.#index.finish();
    this.#staging.giveToPlace();
    this.#fileSystem.syncDirectory(this.#folder);
    moveIntoPlace(this.#fileSystem, this.#folder, this.#destination);
    this.#staging.remove();
  }

  /** Removes it where the repair came to nothing; after `finish` there is nothing to do. */
  abandon(): void {
    this.#index.abandon();
    this.#staging.remove();
  }

  /** @returns the name of the copy; null where the bytes are in no file by themselves */
  #copy(source: FileSystem, { file, offset, bytes }: Finding): string | null {
    let from: FileDescriptor;
    try {
      from = source.openRead(file);
    } catch (error) {
      if (isStatelogError(error, 'NOT_FOUND') || isStatelogError(error, 'NOT_A_FILE')) return null;
      throw error;
    }
    this.#files += 1;
    const name = `${String(this.#files).padStart(NUMBER_DIGITS, '0')}-${basename(file)}.at-${offset}`;
    const into = NewFile.create(this.#fileSystem, join(this.#folder, name));
    try {
      const end = Math.min(offset + bytes, source.statusOf(from).size);
      const copier = new RangeCopier(source, from, into.descriptor);
      if (end > offset) copier.take(offset, end - offset);
      copier.finish();
      into.finish();
    } finally {
      into.abandon();
      closeQuietly(source, from);
    }
    return name;
  }
}
