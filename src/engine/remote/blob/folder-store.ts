import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileChunks } from '../../artifact/write/payload.js';
import { isStatelogError } from '../../errors.js';
import { openLocked } from '../../storage-io/lock/file-lock.js';
import type { FileDescriptor, FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import {
  closeQuietly,
  createDirectoryTree,
  createFile,
  replaceFile,
} from '../../storage-io/whole/atomic-write.js';
import type { BlobStatus, BlobStore, OpenBlob, PutCondition } from './blob-store.js';
import { filesWithPrefix, uploadOf } from './folder-files.js';
import { FolderUploads } from './folder-uploads.js';
import { StoreUnavailable } from './store-unavailable.js';

/** How long to wait for another process that is putting the same blob. */
const LOCK_WAIT_MS = 30_000;
/** A put finds its folder gone at the most so often. */
const FOLDER_TRIES_MAX = 8;
const NANOSECONDS_A_MILLISECOND = 1_000_000n;

/**
 * A folder laid out like a bucket, as the local store of the Rust crate `object_store` has it: a blob is a file at its name,
 * and one that is being uploaded has `#` and a number behind it. A put is whole or not there. A put under a condition holds
 * the lock of the folder that the file lies in, so that all who come through here see one order.
 */
export class FolderStore implements BlobStore {
  readonly uploads: FolderUploads;
  readonly #fileSystem: FileSystem;
  readonly #root: string;

  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#root = root;
    this.uploads = new FolderUploads(fileSystem, root);
  }

  urlOf(name: string): string {
    return pathToFileURL(this.#pathOf(name)).href;
  }

  nowMs(): number {
    return Date.now();
  }

  honoursConditions(probeName: string): Promise<boolean> {
    return this.#whileLocked(dirname(this.#pathOf(probeName)), () => true).catch((error: unknown) => {
      if (isStatelogError(error, 'READ_ONLY')) return false;
      throw error;
    });
  }

  status(name: string): Promise<BlobStatus | undefined> {
    const status = this.#fileSystem.statusFollowing(this.#pathOf(name));
    return Promise.resolve(status?.kind === 'file' ? blobStatus(name, status) : undefined);
  }

  get(
    name: string,
    range?: { readonly start: number; readonly etag: string },
  ): Promise<OpenBlob | undefined> {
    const path = this.#pathOf(name);
    if (this.#fileSystem.statusFollowing(path) === undefined) return Promise.resolve(undefined);
    const descriptor = this.#fileSystem.openRead(path);
    const { bytes, etag } = blobStatus(name, this.#fileSystem.statusOf(descriptor));
    if (range !== undefined && range.etag !== etag) {
      closeQuietly(this.#fileSystem, descriptor);
      throw new StoreUnavailable('the file was replaced while it was read', { path: this.urlOf(name) });
    }
    return Promise.resolve({ bytes, etag, chunks: this.#chunks(descriptor, bytes, range?.start ?? 0) });
  }

  async put(name: string, bytes: Uint8Array, condition: PutCondition): Promise<boolean> {
    const path = this.#pathOf(name);
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#putAt(path, name, bytes, condition);
      } catch (error) {
        // Somebody else found the folder empty, and removed it.
        if (tries === FOLDER_TRIES_MAX || !isStatelogError(error, 'NOT_FOUND')) throw error;
      }
    }
  }

  async #putAt(path: string, name: string, bytes: Uint8Array, condition: PutCondition): Promise<boolean> {
    createDirectoryTree(this.#fileSystem, dirname(path));
    if (condition === 'absent') return this.#create(path, bytes);
    if (condition === 'any') {
      replaceFile(this.#fileSystem, path, bytes);
      return true;
    }
    return this.#whileLocked(dirname(path), () => {
      const there = this.#fileSystem.statusFollowing(path);
      if (there === undefined || blobStatus(name, there).etag !== condition.etag) return false;
      replaceFile(this.#fileSystem, path, bytes);
      return true;
    });
  }

  remove(name: string): Promise<void> {
    const path = this.#pathOf(name);
    if (this.#fileSystem.status(path) !== undefined) {
      this.#fileSystem.remove(path);
      this.#fileSystem.syncDirectory(dirname(path));
      this.#removeEmpty(dirname(name));
    }
    return Promise.resolve();
  }

  /** A bucket has no folders: what is empty goes, up to the store's own. */
  #removeEmpty(folder: string): void {
    for (let name = folder; name !== '.'; name = dirname(name)) {
      const path = this.#pathOf(name);
      try {
        if (this.#fileSystem.readDirectory(path).length > 0) return;
        this.#fileSystem.removeDirectory(path);
        this.#fileSystem.syncDirectory(dirname(path));
      } catch (error) {
        // Something came meanwhile, or it is not ours to remove.
        if (isStatelogError(error)) return;
        throw error;
      }
    }
  }

  async *list(prefix: string): AsyncGenerator<BlobStatus, void> {
    for (const { name, status } of filesWithPrefix(this.#fileSystem, this.#root, prefix)) {
      await Promise.resolve();
      if (uploadOf(name) === undefined) yield blobStatus(name, status);
    }
  }

  #pathOf(name: string): string {
    return join(this.#root, name);
  }

  #create(path: string, bytes: Uint8Array): boolean {
    try {
      createFile(this.#fileSystem, path, bytes);
      return true;
    } catch (error) {
      if (isStatelogError(error, 'ALREADY_EXISTS')) return false;
      throw error;
    }
  }

  /** @throws StatelogError `READ_ONLY` where folders cannot be locked, `LOCKED` */
  async #whileLocked<T>(folder: string, work: () => T): Promise<T> {
    createDirectoryTree(this.#fileSystem, folder);
    const open = (): FileDescriptor => this.#fileSystem.openDirectory(folder);
    const descriptor = await openLocked(this.#fileSystem, folder, open, { waitMs: LOCK_WAIT_MS });
    try {
      return work();
    } finally {
      closeQuietly(this.#fileSystem, descriptor);
    }
  }

  async *#chunks(descriptor: FileDescriptor, bytes: number, start: number): AsyncGenerator<Uint8Array, void> {
    try {
      for (const chunk of fileChunks(this.#fileSystem, descriptor, bytes, start)) {
        await Promise.resolve();
        yield chunk;
      }
    } finally {
      closeQuietly(this.#fileSystem, descriptor);
    }
  }
}

function blobStatus(name: string, { size, identity, modifiedNs }: FileStatus): BlobStatus {
  const etag = `${identity}-${modifiedNs.toString(16)}-${size}`;
  return { name, bytes: size, etag, modifiedMs: Number(modifiedNs / NANOSECONDS_A_MILLISECOND) };
}
