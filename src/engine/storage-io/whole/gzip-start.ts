import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../interface/file-system.js';
import { isUnreadable } from '../views/reading-on-file-system.js';
import { closeQuietly } from './atomic-write.js';

const GZIP_START = [0x1f, 0x8b, 0x08];

/** True for the first bytes of what gzip wrote. */
export function isGzip(head: Uint8Array): boolean {
  return GZIP_START.every((byte, at) => head[at] === byte);
}

/** True for a file that gzip wrote, whatever its name; false also where it cannot be read, which whoever reads all of it says. */
export function startsAsGzip(fileSystem: FileSystem, path: string): boolean {
  const head = new Uint8Array(GZIP_START.length);
  try {
    const descriptor = fileSystem.openRead(path);
    try {
      return isGzip(head.subarray(0, fileSystem.read(descriptor, head, 0, head.length, 0)));
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
  } catch (error) {
    if (isUnreadable(error) || isStatelogError(error)) return false;
    throw error;
  }
}
