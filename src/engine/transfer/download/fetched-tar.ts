import { join } from 'node:path';
import { MANIFEST_NAME } from '../../artifact/format/format.js';
import { payloadPathFault } from '../../artifact/format/payload-path.js';
import type { EntrySink } from '../../artifact/read/entry-sink.js';
import { TarReader } from '../../artifact/read/tar-reader.js';
import { fileChunks } from '../../artifact/write/payload.js';
import { toUtf8 } from '../../bytes/text/text.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { removeTree } from '../../storage-io/whole/remove-tree.js';
import { readWholeFile, writeFully } from '../../storage-io/whole/write-fully.js';
import type { ContentIdentity, FetchedStart } from './download.js';

/*
 * The files of a tar are unpacked as they come. To have the tar's first bytes again, whatever lies between the contents of
 * its files is written down beside them, a line for each piece: the identity of the tar, then in the tar's order
 * `{"raw":BASE64}`, or `{"file":PATH,"bytes":NUMBER}` for the content of a file, as much of it as was unpacked.
 */

/** Name of the file of lines in the folder of an import. */
const LINES_NAME = 'fetched';
/** The most bytes of lines that are believed: 1,024 files with a manifest of 1 MiB have fewer. */
const LINES_BYTES_MAX = 16 * 1024 * 1024;

type Piece =
  { readonly raw: string } | { readonly file: string; readonly bytes: number; readonly raw?: undefined };

/** Passes a tar on that is unpacked to a folder's subfolder, and writes down in the folder what is needed to have it again. */
export async function* writtenDown(
  chunks: AsyncIterable<Uint8Array>,
  content: ContentIdentity,
  fileSystem: FileSystem,
  folder: string,
): AsyncGenerator<Uint8Array, void> {
  const path = join(folder, LINES_NAME);
  // Those of an attempt that failed.
  removeTree(fileSystem, path);
  const lines = new PieceLines(fileSystem, path);
  try {
    lines.add(content);
    const pieces = new PieceSink(lines);
    const reader = new TarReader(pieces, content.url);
    for await (const chunk of chunks) {
      pieces.take(chunk, () => {
        reader.push(chunk);
      });
      yield chunk;
    }
  } finally {
    lines.close();
  }
}

class PieceLines {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  #size = 0;

  constructor(fileSystem: FileSystem, path: string) {
    this.#fileSystem = fileSystem;
    this.#descriptor = fileSystem.createExclusive(path);
  }

  add(line: Piece | ContentIdentity): void {
    const bytes = toUtf8(`${JSON.stringify(line)}\n`);
    writeFully(this.#fileSystem, this.#descriptor, bytes, 0, bytes.length, this.#size);
    this.#size += bytes.length;
  }

  close(): void {
    closeQuietly(this.#fileSystem, this.#descriptor);
  }
}

/** Tells what of a tar is the content of a file from what is not. The manifest, which is not unpacked, is none. */
class PieceSink implements EntrySink {
  readonly #lines: PieceLines;
  #chunk: Uint8Array = new Uint8Array(0);
  /** Position of the chunk in the tar. */
  #chunkStart = 0;
  /** Position in the tar up to which all is in the lines, or will be in a file. */
  #known = 0;

  constructor(lines: PieceLines) {
    this.#lines = lines;
  }

  take(chunk: Uint8Array, read: () => void): void {
    this.#chunk = chunk;
    read();
    this.#addRaw(this.#chunkStart + chunk.length);
    this.#chunkStart += chunk.length;
  }

  folder(): void {
    // Its header is a part of what lies between.
  }

  startFile(path: string, size: number, start: number): boolean {
    if (path === MANIFEST_NAME) return false;
    this.#addRaw(start);
    this.#lines.add({ file: path, bytes: size });
    this.#known = start + size;
    return false;
  }

  write(): void {
    // It is unpacked by somebody else.
  }

  endFile(): void {
    // What follows is known by its position.
  }

  #addRaw(end: number): void {
    if (this.#known >= end) return;
    const raw = this.#chunk.subarray(this.#known - this.#chunkStart, end - this.#chunkStart);
    this.#lines.add({ raw: Buffer.from(raw).toString('base64') });
    this.#known = end;
  }
}

/** The first bytes of a tar, of which an import that was killed had unpacked the files. */
export class FetchedTar implements FetchedStart {
  readonly bytes: number;
  /** True once what is there could not be read. */
  isUnreadable = false;
  readonly #fileSystem: FileSystem;
  readonly #pieces: readonly (Uint8Array | UnpackedFile)[];

  private constructor(fileSystem: FileSystem, pieces: readonly (Uint8Array | UnpackedFile)[]) {
    this.#fileSystem = fileSystem;
    this.#pieces = pieces;
    this.bytes = pieces.reduce((sum, piece) => sum + ('path' in piece ? piece.bytes : piece.length), 0);
  }

  /**
   * Finds what an import left in its folder of that very content; undefined where it left nothing.
   * @param unpacked name of the folder in it that the files were unpacked to
   */
  static find(
    fileSystem: FileSystem,
    folder: string,
    unpacked: string,
    content: ContentIdentity,
  ): FetchedTar | undefined {
    const path = join(folder, LINES_NAME);
    if (fileSystem.status(path)?.kind !== 'file') return undefined;
    const text = Buffer.from(readWholeFile(fileSystem, path, LINES_BYTES_MAX)).toString();
    // A line that was under way has no end.
    const [first, ...lines] = text.slice(0, text.lastIndexOf('\n')).split('\n');
    if (first !== JSON.stringify(content)) return undefined;
    const pieces: (Uint8Array | UnpackedFile)[] = [];
    for (const line of lines) {
      const piece = pieceIn(line);
      if (piece === undefined) break;
      if (piece.raw !== undefined) {
        pieces.push(Buffer.from(piece.raw, 'base64'));
        continue;
      }
      const file = join(folder, unpacked, piece.file);
      const status = fileSystem.status(file);
      if (status?.kind !== 'file') break;
      const bytes = Math.min(status.size, piece.bytes);
      pieces.push({ path: file, bytes });
      if (bytes < piece.bytes) break;
    }
    return new FetchedTar(fileSystem, pieces);
  }

  *chunks(): Generator<Uint8Array, void> {
    try {
      for (const piece of this.#pieces) {
        if ('path' in piece) yield* this.#chunksOf(piece);
        else yield piece;
      }
    } catch (error) {
      this.isUnreadable = true;
      throw error;
    }
  }

  *#chunksOf({ path, bytes }: UnpackedFile): Generator<Uint8Array, void> {
    const descriptor = this.#fileSystem.openRead(path, 'refuse');
    try {
      yield* fileChunks(this.#fileSystem, descriptor, bytes);
    } finally {
      closeQuietly(this.#fileSystem, descriptor);
    }
  }
}

interface UnpackedFile {
  readonly path: string;
  readonly bytes: number;
}

function pieceIn(line: string): Piece | undefined {
  try {
    const piece = JSON.parse(line) as Partial<Record<'raw' | 'file' | 'bytes', unknown>> | null;
    if (typeof piece?.raw === 'string') return { raw: piece.raw };
    if (typeof piece?.file !== 'string' || typeof piece.bytes !== 'number') return undefined;
    if (payloadPathFault(piece.file) !== undefined) return undefined;
    return { file: piece.file, bytes: piece.bytes };
  } catch {
    return undefined;
  }
}
