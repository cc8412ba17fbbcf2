import { isStatelogError, type StatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { closeQuietly } from '../whole/atomic-write.js';
import { cutMeanwhile } from '../whole/write-fully.js';
import { withReplaced } from './replaced-members.js';
import { UnreadableSpans } from '../interface/unreadable-spans.js';

/** A page of the kernel's cache, and a sector of a disk: what fails with a bad one. */
const PIECE_BYTES = 4096;
const SECTOR_BYTES = 512;

/** Errors of a disk, or of a file system's own checksums, that does not give bytes out. */
const UNREADABLE: ReadonlySet<string> = new Set(['EIO', 'EBADMSG', 'EUCLEAN', 'EREMOTEIO', 'ENODATA']);

/** True for the error of a read that fails however often it is tried: the disk is bad there. */
export function isUnreadable(error: unknown): error is StatelogError {
  return isStatelogError(error) && UNREADABLE.has(error.details.errno ?? '');
}

interface OpenFile {
  readonly path: string;
  /** When it was opened. */
  readonly size: number;
}

/**
 * A view for callers that look at files on a failing disk: where a read fails, it reads on in pieces of 4,096
 * and then of 512 bytes; unreadable places stand as zeros, and `unreadable` names them. A place that failed
 * once is not tried again. A file that is cut while it is read is `IO_FAILED`: nothing that was read of it
 * can be judged.
 *
 * Nothing is mapped: touching a bad page would end the process. Only what is opened by `openRead` is read so.
 */
export function readingOnFileSystem(fileSystem: FileSystem): FileSystem {
  if (fileSystem.unreadable !== undefined) return fileSystem;
  const unreadable = new UnreadableSpans();
  const open = new Map<FileDescriptor, OpenFile>();
  const replaced: Partial<FileSystem> = {
    unreadable,
    openRead: (path, links) => {
      const descriptor = fileSystem.openRead(path, links);
      try {
        open.set(descriptor, { path, size: fileSystem.statusOf(descriptor).size });
      } catch (error) {
        closeQuietly(fileSystem, descriptor);
        throw error;
      }
      return descriptor;
    },
    nameDescriptor: (descriptor, path) => {
      const file = open.get(descriptor);
      if (file !== undefined) open.set(descriptor, { ...file, path });
      fileSystem.nameDescriptor(descriptor, path);
    },
    read: (descriptor, into, offset, length, position) => {
      const file = open.get(descriptor);
      if (file === undefined) return fileSystem.read(descriptor, into, offset, length, position);
      const count = new Reading(fileSystem, descriptor, file, unreadable).read(
        into,
        offset,
        length,
        position,
      );
      if (count < length) refuseCut(fileSystem, descriptor, file, position + count);
      return count;
    },
    dataFrom: (descriptor, position) => {
      try {
        return fileSystem.dataFrom(descriptor, position);
      } catch (error) {
        if (isUnreadable(error)) return position;
        throw error;
      }
    },
    close: (descriptor) => {
      open.delete(descriptor);
      fileSystem.close(descriptor);
    },
    canMap: false,
    map: () => undefined,
  };
  return withReplaced(fileSystem, replaced);
}

/** @throws StatelogError `IO_FAILED` where a file ends before it did when it was opened */
function refuseCut(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  { path, size }: OpenFile,
  end: number,
): void {
  if (end >= size || fileSystem.statusOf(descriptor).size >= size) return;
  throw cutMeanwhile(path, end);
}

/** One open file, read on. */
class Reading {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #file: OpenFile;
  readonly #unreadable: UnreadableSpans;

  constructor(
    fileSystem: FileSystem,
    descriptor: FileDescriptor,
    file: OpenFile,
    unreadable: UnreadableSpans,
  ) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#file = file;
    this.#unreadable = unreadable;
  }

  read(into: Uint8Array, offset: number, length: number, position: number): number {
    const whole = this.#attempt(into, offset, length, position);
    return whole ?? this.#readPieces(into, offset, length, position, PIECE_BYTES);
  }

  /** Undefined where a part of it is, or shows to be, unreadable. */
  #attempt(into: Uint8Array, offset: number, length: number, position: number): number | undefined {
    if (this.#unreadable.touches(this.#file.path, position, length)) return undefined;
    try {
      return this.#fileSystem.read(this.#descriptor, into, offset, length, position);
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  /** Pieces end where pages and sectors of the file do. */
  #readPieces(
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
    pieceBytes: number,
  ): number {
    const end = Math.min(position + length, this.#file.size);
    let at = position;
    while (at < end) {
      const wanted = Math.min(pieceBytes - (at % pieceBytes), end - at);
      const to = offset + at - position;
      const count = this.#attempt(into, to, wanted, at) ?? this.#readBad(into, to, wanted, at, pieceBytes);
      at += count;
      if (count < wanted) break;
    }
    return at - position;
  }

  #readBad(into: Uint8Array, offset: number, length: number, position: number, pieceBytes: number): number {
    if (pieceBytes > SECTOR_BYTES) return this.#readPieces(into, offset, length, position, SECTOR_BYTES);
    into.fill(0, offset, offset + length);
    // All of the sector that the file has: another read may ask for its other part.
    const start = position - (position % SECTOR_BYTES);
    const bytes = Math.min(SECTOR_BYTES, this.#file.size - start);
    this.#unreadable.add(this.#file.path, start, bytes);
    return length;
  }
}
