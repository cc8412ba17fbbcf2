import { dirname, join } from 'node:path';
import { crc32 } from '../../bytes/crc/checksum.js';
import { isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly, createDirectoryTree } from '../../storage-io/whole/atomic-write.js';
import { readFully, writeFully } from '../../storage-io/whole/write-fully.js';
import type { BlobUploads, Part, PartReceipt, PendingUpload, UploadOutcome } from './blob-store.js';
import { filesWithPrefix, uploadOf } from './folder-files.js';
import { crcText } from './part-sums.js';

const NANOSECONDS_A_MILLISECOND = 1_000_000n;
const IDS = 2 ** 48;

/** Uploads into a folder: parts are written to their places in a file beside the blob's, which then gets its name. */
export class FolderUploads implements BlobUploads {
  readonly #fileSystem: FileSystem;
  readonly #root: string;

  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#root = root;
  }

  start(name: string): Promise<PendingUpload> {
    const upload = { name, id: String(Math.floor(Math.random() * IDS)), startedMs: Date.now() };
    createDirectoryTree(this.#fileSystem, dirname(join(this.#root, name)));
    this.#fileSystem.close(this.#fileSystem.createExclusive(this.#pathOf(upload)));
    return Promise.resolve(upload);
  }

  async *pending(prefix: string): AsyncGenerator<PendingUpload, void> {
    for (const { name, status } of filesWithPrefix(this.#fileSystem, this.#root, prefix)) {
      await Promise.resolve();
      const upload = uploadOf(name);
      if (upload !== undefined)
        yield { ...upload, startedMs: Number(status.modifiedNs / NANOSECONDS_A_MILLISECOND) };
    }
  }

  partsThere(
    upload: PendingUpload,
    partBytes: number,
  ): Promise<ReadonlyMap<number, PartReceipt> | undefined> {
    return this.#whileOpen(upload, (descriptor) => {
      const there = new Map<number, PartReceipt>();
      const { size } = this.#fileSystem.statusOf(descriptor);
      const buffer = new Uint8Array(Math.min(partBytes, size));
      for (let start = 0, number = 1; start < size; start += partBytes, number += 1) {
        const bytes = buffer.subarray(0, Math.min(partBytes, size - start));
        readFully(this.#fileSystem, descriptor, bytes, 0, bytes.length, start);
        there.set(number, receiptOf(number, crc32(bytes)));
      }
      return there;
    });
  }

  putPart(upload: PendingUpload, { number, start, bytes, sums }: Part): Promise<PartReceipt | undefined> {
    return this.#whileOpen(upload, (descriptor) => {
      writeFully(this.#fileSystem, descriptor, bytes, 0, bytes.length, start);
      return receiptOf(number, sums.crc32);
    });
  }

  async complete(upload: PendingUpload): Promise<UploadOutcome> {
    const isThere = await this.#whileOpen(upload, (descriptor) => {
      this.#fileSystem.sync(descriptor);
      return true;
    });
    if (isThere !== true) return 'gone';
    const path = join(this.#root, upload.name);
    try {
      this.#fileSystem.renameExclusive(this.#pathOf(upload), path);
    } catch (error) {
      if (isStatelogError(error, 'NOT_FOUND')) return 'gone';
      if (!isStatelogError(error, 'ALREADY_EXISTS')) throw error;
      await this.abort(upload);
      return 'taken';
    }
    this.#fileSystem.syncDirectory(dirname(path));
    return 'done';
  }

  abort(upload: PendingUpload): Promise<void> {
    const path = this.#pathOf(upload);
    if (this.#fileSystem.status(path) !== undefined) this.#fileSystem.remove(path);
    return Promise.resolve();
  }

  /** False: it is read back. */
  vouchesFor(): Promise<boolean> {
    return Promise.resolve(false);
  }

  #pathOf({ name, id }: PendingUpload): string {
    return join(this.#root, `${name}#${id}`);
  }

  /** Undefined where the upload is no more. */
  #whileOpen<T>(upload: PendingUpload, work: (descriptor: FileDescriptor) => T): Promise<T | undefined> {
    let descriptor: FileDescriptor;
    try {
      descriptor = this.#fileSystem.openReadWrite(this.#pathOf(upload), 'refuse');
    } catch (error) {
      if (isStatelogError(error, 'NOT_FOUND')) return Promise.resolve(undefined);
      throw error;
    }
    try {
      return Promise.resolve(work(descriptor));
    } finally {
      closeQuietly(this.#fileSystem, descriptor);
    }
  }
}

function receiptOf(number: number, crc: number): PartReceipt {
  return { number, etag: crcText(crc), crc32: crcText(crc) };
}
