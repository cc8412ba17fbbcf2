import { crc32c } from '../../bytes/crc/checksum.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { readFully } from '../whole/write-fully.js';

const TAIL_BYTES = 64 * 1024;

/** The end that a file had which is only appended to. */
export interface KnownEnd {
  readonly size: number;
  /** crc32c of the last bytes before it, 64 KiB at most. */
  readonly tailCrc: number;
}

/** The end that an open file has now. */
export function knownEndOf(fileSystem: FileSystem, descriptor: FileDescriptor): KnownEnd {
  const { size } = fileSystem.statusOf(descriptor);
  return { size, tailCrc: tailCrcOf(fileSystem, descriptor, size) };
}

/** False where a file was cut before a known end, or has other bytes there: it is not the one that was appended to. */
export function goesOnFrom(fileSystem: FileSystem, descriptor: FileDescriptor, known: KnownEnd): boolean {
  if (fileSystem.statusOf(descriptor).size < known.size) return false;
  return tailCrcOf(fileSystem, descriptor, known.size) === known.tailCrc;
}

function tailCrcOf(fileSystem: FileSystem, descriptor: FileDescriptor, end: number): number {
  const tail = new Uint8Array(Math.min(TAIL_BYTES, end));
  readFully(fileSystem, descriptor, tail, 0, tail.length, end - tail.length);
  return crc32c(tail);
}
