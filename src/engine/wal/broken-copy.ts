import { basename, dirname, join } from 'node:path';
import { isStatelogError } from '../errors.js';
import { createDirectoryTree, createFile } from '../storage-io/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../storage-io/file-system.js';
import { readFully, writeFully } from '../storage-io/write-fully.js';

const BLOCK_BYTES = 64 * 1024;
/** Copies of the same place in the same segment: more than a handful means something else is wrong. */
const NAMES_MAX = 10_000;

/** A range of a file. */
export interface FileRange {
  readonly descriptor: FileDescriptor;
  readonly offset: number;
  readonly end: number;
}

/**
 * Copies a segment's tail into `folder` before it is cut, and makes the copy durable. Never overwrites:
 * `8-wal-0.log.at-9136`, then `8-wal-0.log.at-9136.2`, and so on; 8 is the folder's name where that is an epoch.
 * @returns the copy's path
 */
export function copyBrokenTail(
  fileSystem: FileSystem,
  path: string,
  range: FileRange,
  folder: string,
): string {
  createDirectoryTree(fileSystem, folder);
  const parent = basename(dirname(path));
  const epoch = /^[0-9]+$/.test(parent) ? `${parent}-` : '';
  const stem = join(folder, `${epoch}${basename(path)}.at-${range.offset}`);
  for (let number = 1; ; number++) {
    const copy = number === 1 ? stem : `${stem}.${number}`;
    try {
      createFile(fileSystem, copy, (descriptor) => {
        copyRange(fileSystem, range, descriptor);
      });
      return copy;
    } catch (error) {
      if (number >= NAMES_MAX || !isStatelogError(error, 'ALREADY_EXISTS')) throw error;
    }
  }
}

/**
 * Writes a range to the start of another file. Blocks of zeros become holes, so that a sparse tail stays small.
 * @throws StatelogError `IO_FAILED` where the file ends before the range does
 */
export function copyRange(fileSystem: FileSystem, range: FileRange, into: FileDescriptor): void {
  const block = Buffer.alloc(BLOCK_BYTES);
  const zeros = Buffer.alloc(BLOCK_BYTES);
  let written = 0;
  for (let at = range.offset; at < range.end;) {
    const count = Math.min(BLOCK_BYTES, range.end - at);
    readFully(fileSystem, range.descriptor, block, 0, count, at);
    if (block.compare(zeros, 0, count, 0, count) !== 0) {
      writeFully(fileSystem, into, block, 0, count, at - range.offset);
      written = at - range.offset + count;
    }
    at += count;
  }
  const length = range.end - range.offset;
  if (written < length) fileSystem.truncate(into, length);
}
