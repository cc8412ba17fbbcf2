import { createBlake3 } from '../../bytes/hash/blake3.js';
import { StatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { cutMeanwhile } from '../../storage-io/whole/write-fully.js';
import { CHUNK_BYTES, SCHEMA_VERSION, SCOPED_SCHEMA_VERSION } from '../format/format.js';
import type { ArtifactFile, ExportManifest } from '../format/manifest.js';

/** One file to go into an artifact. */
export interface PayloadFile {
  /** Relative to the artifact, under `data/`. */
  readonly path: string;
  /** Bytes; known before they are made, as a tar needs it. */
  readonly size: number;
  /** A file of ours that holds these bytes, and that may get a second name: it is removed, and never changed. */
  readonly place?: string;
  /** The bytes, the same each time they are asked for. A chunk is valid until the next is asked for. */
  chunks(): Iterable<Uint8Array>;
}

/** The content to export. */
export interface ArtifactContent extends Omit<ExportManifest, 'schemaVersion' | 'files'> {
  /** Sorted by their paths. */
  readonly files: readonly PayloadFile[];
}

/** The manifest of a content, of whose files the digests are known. */
export function manifestOf(content: ArtifactContent, files: readonly ArtifactFile[]): ExportManifest {
  const { backend, backendVersion, cursor, createdAtUnix, scope } = content;
  const schemaVersion = scope === undefined ? SCHEMA_VERSION : SCOPED_SCHEMA_VERSION;
  return { schemaVersion, backend, backendVersion, cursor, createdAtUnix, files, scope };
}

/**
 * Passes a file's bytes through a hash; `blake3` is there once all were taken.
 * @throws StatelogError `INTERNAL` where there are not as many as were announced
 */
export class HashedFile {
  readonly #file: PayloadFile;
  /** 64 hex digits, after the last chunk. */
  blake3: string | undefined;

  constructor(file: PayloadFile) {
    this.#file = file;
  }

  *chunks(): Generator<Uint8Array, void> {
    const hash = createBlake3();
    let taken = 0;
    for (const chunk of this.#file.chunks()) {
      taken += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
    const { path, size } = this.#file;
    if (taken !== size)
      throw new StatelogError('INTERNAL', `${path} has ${taken} bytes where ${size} were announced`);
    this.blake3 = hash.digestHex();
  }

  /** The file's line in the manifest, after the last chunk. */
  entry(): ArtifactFile {
    const { path, size } = this.#file;
    if (this.blake3 === undefined) throw new StatelogError('INTERNAL', `${path} was not read to its end`);
    return { path, size, blake3: this.blake3 };
  }
}

/**
 * The bytes of an open file, up to `size`, for a payload that lies on disk already.
 * @param start position of the first of them
 * @throws StatelogError `IO_FAILED` where the file ends before that
 */
export function* fileChunks(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  size: number,
  start = 0,
): Generator<Uint8Array, void> {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(0, size - start)));
  for (let offset = start; offset < size;) {
    const wanted = Math.min(chunk.length, size - offset);
    const count = fileSystem.read(descriptor, chunk, 0, wanted, offset);
    if (count < wanted) throw cutMeanwhile(undefined, offset + count);
    yield count === chunk.length ? chunk : chunk.subarray(0, count);
    offset += count;
  }
}

/** Bytes of all files. */
export function bytesOf({ files }: { readonly files: readonly { readonly size: number }[] }): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
