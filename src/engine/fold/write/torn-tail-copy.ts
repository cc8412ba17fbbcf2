import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { copyTail } from '../../storage-io/whole/tail-copy.js';

/**
 * Copies the end of a log to `NAME.broken-N` beside it, N being the first number that is free, so
 * that what recovery cuts is never lost. The copy is durable on return. Where an earlier copy holds
 * the same bytes, as after a crash between copying and cutting, it serves.
 * @returns the copy's path
 */
export function copyTornTail(
  fileSystem: FileSystem,
  path: string,
  descriptor: FileDescriptor,
  start: number,
  end: number,
): string {
  return copyTail(fileSystem, { descriptor, offset: start, end }, (number) => `${path}.broken-${number}`);
}

/** True for the name of a copy that was made of the log called `logName`. */
export function isBrokenCopyOf(name: string, logName: string): boolean {
  return (
    name.startsWith(`${logName}.broken-`) && /^[1-9]\d*$/.test(name.slice(logName.length + '.broken-'.length))
  );
}
