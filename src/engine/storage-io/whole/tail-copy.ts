import { dirname } from 'node:path';
import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../interface/file-system.js';
import { chunksWithData, copyRange, type FileRange } from '../paged/zero-runs.js';
import { createFile } from './atomic-write.js';
import { syncFile } from './sync-tree.js';

/** Copies under names beside one another: more than so many means something else is wrong. */
const NAMES_MAX = 10_000;

/**
 * Copies the end of a file before it is cut, to the first name that is free, and makes the copy durable. Never
 * overwrites. A copy that holds the same bytes already, as after a crash between copying and cutting, is made durable
 * and serves.
 * @param nameOf the path of copy `number`, which begins at 1
 * @returns the copy's path
 */
export function copyTail(
  fileSystem: FileSystem,
  tail: FileRange,
  nameOf: (number: number) => string,
): string {
  for (let number = 1; ; number++) {
    const copy = nameOf(number);
    try {
      createFile(fileSystem, copy, (into) => {
        copyRange(fileSystem, tail, into);
      });
      return copy;
    } catch (error) {
      if (number >= NAMES_MAX || !isStatelogError(error, 'ALREADY_EXISTS')) throw error;
      if (holdsSame(fileSystem, copy, tail)) return durable(fileSystem, copy);
    }
  }
}

/** Makes the name of an earlier copy durable: its maker may have died before its name was on disk. */
function durable(fileSystem: FileSystem, copy: string): string {
  syncFile(fileSystem, copy);
  fileSystem.syncDirectory(dirname(copy));
  return copy;
}

/** True where a file holds the very bytes of a range of another, and no more. */
function holdsSame(fileSystem: FileSystem, path: string, range: FileRange): boolean {
  const status = fileSystem.status(path);
  if (status?.kind !== 'file' || status.size !== range.end - range.offset) return false;
  const descriptor = fileSystem.openRead(path, 'refuse');
  try {
    const copy = chunksWithData(fileSystem, { descriptor, offset: 0, end: status.size });
    for (const { bytes, position } of chunksWithData(fileSystem, range)) {
      const other = copy.next();
      if (other.done === true || other.value.position !== position) return false;
      if (!bytes.equals(other.value.bytes)) return false;
    }
    return copy.next().done === true;
  } finally {
    fileSystem.close(descriptor);
  }
}
