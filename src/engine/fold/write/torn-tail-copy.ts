import { basename, dirname } from 'node:path';
import { createFile } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { isStatelogError } from '../../errors.js';
import { holdsSame } from '../../storage-io/whole/same-bytes.js';
import { copyRange, type FileRange } from '../../storage-io/paged/zero-runs.js';

/**
 * Copies the end of a log to `NAME.broken-N` beside it, N being the first number that is free, so
 * that what recovery cuts is never lost. The copy is durable on return. Where the newest copy holds
 * the same bytes, as after a crash between copying and cutting, it does.
 * @returns the copy's path
 */
export function copyTornTail(
  fileSystem: FileSystem,
  path: string,
  descriptor: FileDescriptor,
  start: number,
  end: number,
): string {
  const tail: FileRange = { descriptor, offset: start, end };
  for (let number = nextNumber(fileSystem, path); ; number += 1) {
    const newest = `${path}.broken-${number - 1}`;
    if (number > 1 && holdsSame(fileSystem, newest, tail)) return newest;
    const copy = `${path}.broken-${number}`;
    try {
      createFile(fileSystem, copy, (into) => {
        copyRange(fileSystem, tail, into);
      });
      return copy;
    } catch (error) {
      if (!isStatelogError(error, 'ALREADY_EXISTS')) throw error;
    }
  }
}

/** True for the name of a copy that was made of the log called `logName`. */
export function isBrokenCopyOf(name: string, logName: string): boolean {
  return (
    name.startsWith(`${logName}.broken-`) && /^[1-9]\d*$/.test(name.slice(logName.length + '.broken-'.length))
  );
}

function nextNumber(fileSystem: FileSystem, path: string): number {
  const logName = basename(path);
  const names = fileSystem.readDirectory(dirname(path)).filter((name) => isBrokenCopyOf(name, logName));
  const numbers = names.map((name) => Number(name.slice(name.lastIndexOf('-') + 1)));
  return Math.max(0, ...numbers) + 1;
}
