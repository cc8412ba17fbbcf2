import { basename, dirname, join } from 'node:path';
import { createDirectoryTree } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { FileRange } from '../../storage-io/paged/zero-runs.js';
import { copyTail } from '../../storage-io/whole/tail-copy.js';

const COPY_NAME = /^(?:[0-9]+-)?wal-[0-9]+\.log\.at-[0-9]+(?:\.[0-9]+)?$/;

/** True for the name of a copy of a segment's tail. */
export function isBrokenSegmentCopy(name: string): boolean {
  return COPY_NAME.test(name);
}

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
  return copyTail(fileSystem, range, (number) => (number === 1 ? stem : `${stem}.${number}`));
}
