import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { readFully, writeFully } from '../whole/write-fully.js';

const BLOCK_BYTES = 64 * 1024;
/** After so many zeros in a row it is asked whether they are a hole. */
const RUN_BYTES = 1024 * 1024;

/** Garbage shows that it is none within so many bytes, mostly. */
const FIRST_BYTES = 64;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** A range of a file. */
export interface FileRange {
  readonly descriptor: FileDescriptor;
  readonly offset: number;
  readonly end: number;
}

/** Bytes of a range that are not all zeros. */
export interface Chunk {
  /** Valid until the next chunk. */
  readonly bytes: Buffer;
  /** Start of the run, counted from the start of the range: a multiple of 64 KiB. */
  readonly position: number;
}

/**
 * The blocks of 64 KiB of a range that hold something else than zeros, in their order. Holes are not
 * read: the time is bounded by what a sparse file really holds, whatever its size.
 * @throws StatelogError `IO_FAILED` where the file ends before the range does
 */
export function* chunksWithData(fileSystem: FileSystem, range: FileRange): Generator<Chunk, void> {
  const { descriptor, offset, end } = range;
  const block = Buffer.alloc(Math.min(BLOCK_BYTES, Math.max(end - offset, 0)));
  let run = 0;
  for (let at = offset; at < end;) {
    const count = Math.min(block.length, end - at);
    readFully(fileSystem, descriptor, block, 0, count, at);
    const isZero = block.compare(ZEROS, 0, count, 0, count) === 0;
    if (!isZero) yield { bytes: block.subarray(0, count), position: at - offset };
    at += count;
    run = isZero ? run + count : 0;
    if (run < RUN_BYTES) continue;
    run = 0;
    const skipped = Math.min(fileSystem.dataFrom(descriptor, at), end) - offset;
    // Blocks are counted from the start of the range, so that two ranges can be compared by them.
    at = Math.max(at, skipped === end - offset ? end : offset + skipped - (skipped % BLOCK_BYTES));
  }
}

/** The first position of a range whose byte is not zero; its end if there is none. */
export function endOfZeros(fileSystem: FileSystem, range: FileRange): number {
  const { descriptor, offset, end } = range;
  const first = new Uint8Array(Math.min(FIRST_BYTES, Math.max(end - offset, 0)));
  readFully(fileSystem, descriptor, first, 0, first.length, offset);
  const early = first.findIndex((byte) => byte !== 0);
  if (early >= 0) return offset + early;
  for (const { bytes, position } of chunksWithData(fileSystem, range)) {
    return offset + position + bytes.findIndex((byte) => byte !== 0);
  }
  return end;
}

/**
 * Writes a range to the start of another file. Blocks of zeros become holes, so that a sparse tail stays small.
 * @throws StatelogError `IO_FAILED` where the file ends before the range does
 */
export function copyRange(fileSystem: FileSystem, range: FileRange, into: FileDescriptor): void {
  let written = 0;
  for (const { bytes, position } of chunksWithData(fileSystem, range)) {
    writeFully(fileSystem, into, bytes, 0, bytes.length, position);
    written = position + bytes.length;
  }
  const length = range.end - range.offset;
  if (written < length) fileSystem.truncate(into, length);
}
