import { join } from 'node:path';
import { type Blake3, createBlake3 } from '../../bytes/hash/blake3.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { requireRoom } from '../../storage-io/whole/room.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import type { OnFault } from '../format/artifact-check.js';
import type { EntrySink } from './entry-sink.js';
import { EntryPaths } from '../format/entry-paths.js';
import { MANIFEST_BYTES_MAX, MANIFEST_NAME, PAYLOAD_FOLDER } from '../format/format.js';
import {
  type ArtifactFile,
  decodeExportManifest,
  type ExportManifest,
  tooLarge,
} from '../format/manifest.js';
import { bytesOf } from '../write/payload.js';
import { foldersOf } from '../format/payload-path.js';

export interface StagingOptions {
  readonly fileSystem: FileSystem;
  /** An empty folder of ours to put the payload in; undefined to look at the artifact only. */
  readonly folder: string | undefined;
  /** The artifact's path, or a stream's name, for messages. */
  readonly origin: string;
  readonly onFault: OnFault;
  /** Called as soon as the manifest was read: what it throws ends the work before any payload is taken. */
  readonly acceptManifest?: ((manifest: ExportManifest) => void) | undefined;
}

/**
 * Takes an artifact's entries in whatever order they come, copies the payload into a folder of ours
 * while it is hashed, and holds it against the manifest. Nothing that comes is trusted: what is
 * hashed is what was copied.
 *
 * Invariants:
 * - Nothing is written outside the folder, and nothing but plain files and folders.
 * - Once the manifest is known, a file that it does not list is refused before its first byte is kept.
 */
export class ArtifactStaging implements EntrySink {
  readonly #options: StagingOptions;
  readonly #paths: EntryPaths;
  readonly #found = new Map<string, ArtifactFile>();
  #manifest: ExportManifest | undefined;
  #listed: ReadonlyMap<string, ArtifactFile> | undefined;
  #file: OpenEntry | undefined;
  /** Files whose size is known to be wrong, and was told to be. */
  readonly #otherSizes = new Set<string>();

  constructor(options: StagingOptions) {
    this.#options = options;
    this.#paths = new EntryPaths(options.onFault);
  }

  folder(path: string): void {
    // Only what a file lies in is made.
    this.#paths.addFolder(path);
  }

  startFile(path: string, size: number): boolean {
    const wanted = this.#paths.addFile(path);
    if (!wanted) this.#file = { path, size: 0, kind: 'skipped' };
    else if (path === MANIFEST_NAME) this.#startManifest(size);
    else this.#startPayload(path, size);
    return this.#file!.kind !== 'skipped';
  }

  write(bytes: Uint8Array): void {
    const file = this.#file!;
    if (file.kind === 'manifest') {
      if (file.size + bytes.length > file.bytes.length)
        throw tooLarge(this.#options.origin, file.size + bytes.length);
      file.bytes.set(bytes, file.size);
    } else if (file.kind === 'payload') {
      file.hash.update(bytes);
      if (file.descriptor !== undefined) {
        writeFully(this.#options.fileSystem, file.descriptor, bytes, 0, bytes.length, file.size);
      }
    }
    file.size += bytes.length;
  }

  endFile(): void {
    const file = this.#file!;
    this.#file = undefined;
    if (file.kind === 'manifest') this.#takeManifest(file.bytes.subarray(0, file.size));
    else if (file.kind === 'payload') this.#endPayload(file);
  }

  /**
   * Holds all that came against the manifest. Nothing of the copy is durable yet.
   * @throws StatelogError `INVALID_ARTIFACT`, `DIGEST_MISMATCH`, unless faults are only reported
   */
  finish(): ExportManifest | undefined {
    const { onFault } = this.#options;
    if (this.#manifest === undefined) {
      onFault({ class: 'missing-file', message: `it has no ${MANIFEST_NAME}`, entry: MANIFEST_NAME });
      return undefined;
    }
    for (const listed of this.#manifest.files) {
      const found = this.#found.get(listed.path);
      if (found !== undefined) this.#compare(listed, found);
      else onFault({ class: 'missing-file', message: `${listed.path} is missing`, entry: listed.path });
    }
    for (const path of this.#found.keys()) {
      if (this.#listed?.has(path) !== true) this.#unlisted(path);
    }
    this.#makeFolder(PAYLOAD_FOLDER);
    return this.#manifest;
  }

  /** Lets go of a file that was under way when something failed. */
  abandon(): void {
    const file = this.#file;
    if (file?.kind === 'payload' && file.descriptor !== undefined) {
      closeQuietly(this.#options.fileSystem, file.descriptor);
    }
    this.#file = undefined;
  }

  #startManifest(size: number): void {
    if (size > MANIFEST_BYTES_MAX) throw tooLarge(this.#options.origin, size);
    this.#file = { kind: 'manifest', path: MANIFEST_NAME, size: 0, bytes: new Uint8Array(size) };
  }

  #startPayload(path: string, size: number): void {
    const listed = this.#listed?.get(path);
    if (this.#listed !== undefined && listed === undefined) {
      this.#unlisted(path);
      this.#file = { kind: 'skipped', path, size: 0 };
      return;
    }
    if (listed !== undefined && listed.size !== size) {
      // The fault is known: none of it needs to be read.
      this.#otherSize(listed, size);
      this.#found.set(path, { path, size, blake3: '' });
      this.#file = { kind: 'skipped', path, size: 0 };
      return;
    }
    for (const folder of foldersOf(path)) this.#makeFolder(folder);
    const { folder, fileSystem } = this.#options;
    if (folder !== undefined) requireRoom(fileSystem, folder, size);
    const descriptor = folder === undefined ? undefined : fileSystem.createExclusive(join(folder, path));
    this.#file = { kind: 'payload', path, size: 0, hash: createBlake3(), descriptor };
  }

  #endPayload({ path, size, hash, descriptor }: PayloadEntry): void {
    if (descriptor !== undefined) this.#options.fileSystem.close(descriptor);
    this.#found.set(path, { path, size, blake3: hash.digestHex() });
  }

  #takeManifest(bytes: Uint8Array): void {
    const { origin, acceptManifest, folder, fileSystem } = this.#options;
    this.#manifest = decodeExportManifest(bytes, origin);
    if (folder !== undefined && this.#found.size === 0)
      requireRoom(fileSystem, folder, bytesOf(this.#manifest));
    this.#listed = new Map(this.#manifest.files.map((file) => [file.path, file]));
    acceptManifest?.(this.#manifest);
  }

  #compare(listed: ArtifactFile, found: ArtifactFile): void {
    if (found.size !== listed.size) {
      this.#otherSize(listed, found.size);
    } else if (found.blake3 !== listed.blake3) {
      this.#options.onFault({
        class: 'digest-mismatch',
        code: 'DIGEST_MISMATCH',
        message: `${listed.path} is not what the manifest says`,
        entry: listed.path,
        expected: `blake3 ${listed.blake3}`,
        found: `blake3 ${found.blake3}`,
      });
    }
  }

  #otherSize({ path, size }: ArtifactFile, found: number): void {
    if (this.#otherSizes.has(path)) return;
    this.#otherSizes.add(path);
    const message = `${path} has ${found} bytes where the manifest says ${size}`;
    const sizes = { expected: `${size} bytes`, found: `${found} bytes` };
    this.#options.onFault({ class: 'bad-length', message, entry: path, ...sizes });
  }

  #unlisted(path: string): void {
    this.#options.onFault({ class: 'unlisted-file', message: `${path} is not in the manifest`, entry: path });
  }

  #makeFolder(path: string): void {
    const { folder, fileSystem } = this.#options;
    if (this.#paths.markMade(path) && folder !== undefined) fileSystem.makeDirectory(join(folder, path));
  }
}

interface PayloadEntry {
  readonly kind: 'payload';
  readonly path: string;
  /** Bytes taken so far. */
  size: number;
  readonly hash: Blake3;
  readonly descriptor: FileDescriptor | undefined;
}

/** The file that is under way. */
type OpenEntry =
  | PayloadEntry
  | { readonly kind: 'manifest'; readonly path: string; size: number; readonly bytes: Uint8Array }
  | { readonly kind: 'skipped'; readonly path: string; size: number };
