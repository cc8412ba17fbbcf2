import { basename, dirname, join } from 'node:path';
import { isStatelogError } from '../../errors.js';
import { createDirectoryTree, createFile } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { holdsSame } from '../../storage-io/whole/same-bytes.js';
import { syncFile } from '../../storage-io/whole/sync-tree.js';
import { copyRange, type FileRange } from '../../storage-io/paged/zero-runs.js';

const COPY_NAME = /^(?:[0-9]+-)?wal-[0-9]+\.log\.at-[0-9]+(?:\.[0-9]+)?$/;

/** True for the name of a copy of a segment's tail. */
export function isBrokenSegmentCopy(name: string): boolean {
  return COPY_NAME.test(name);
}

/** Copies of the same place in the same segment: more than a handful means something else is wrong. */
const NAMES_MAX = 10_000;

/**
 * Copies a segment's tail into `folder` before it is cut, and makes the copy durable. Never overwrites:
 * `8-wal-0.log.at-9136`, then `8-wal-0.log.at-9136.2`, and so on; 8 is the folder's name where that is an epoch. Where one of
 * them holds the same bytes, as after a crash between copying and cutting, it does.
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
      if (holdsSame(fileSystem, copy, range)) return durable(fileSystem, copy);
    }
  }
}

/** Whoever made it may have died before its name was on disk. */
function durable(fileSystem: FileSystem, copy: string): string {
  syncFile(fileSystem, copy);
  fileSystem.syncDirectory(dirname(copy));
  return copy;
}
