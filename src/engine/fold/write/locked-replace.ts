import { dirname } from 'node:path';
import { StatelogError } from '../../errors.js';
import {
  closeQuietly,
  createTemporary,
  namedAs,
  removeQuietly,
  temporaryPath,
} from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';

/** A log's new file, in its place and locked. */
export interface ReplacedLog {
  readonly descriptor: FileDescriptor;
  readonly size: number;
}

/**
 * Puts a new file in a log's place without ever letting go of its lock: written beside it, synced,
 * locked, renamed, the folder synced. Whoever waits for the old file's lock finds that the path
 * names another file, and tries again there. The new file stays open, so that it need not be opened
 * again after the rename. The old descriptor is the caller's to close.
 * @param beforeRename called just before the old file loses its name: what it throws leaves it there
 * @param renamed called once the new file has the name, so that a later failure is known to be one
 * after which neither file may be written
 */
export function replaceLocked(
  fileSystem: FileSystem,
  path: string,
  chunks: Iterable<Uint8Array>,
  renamed: () => void = () => undefined,
  beforeRename: () => void = () => undefined,
): ReplacedLog {
  const temporary = temporaryPath(path);
  const descriptor = createTemporary(fileSystem, path, temporary);
  let inPlace = false;
  try {
    const size = writeChunks(fileSystem, descriptor, chunks);
    fileSystem.sync(descriptor);
    if (!fileSystem.tryLock(descriptor)) throw lockedMeanwhile(temporary);
    beforeRename();
    fileSystem.rename(temporary, path);
    inPlace = true;
    renamed();
    fileSystem.syncDirectory(dirname(path));
    return { descriptor, size };
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    if (!inPlace) removeQuietly(fileSystem, temporary);
    throw namedAs(path, temporary, error);
  }
}

/** Writes chunks one after the other; the bytes that they had. */
export function writeChunks(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  chunks: Iterable<Uint8Array>,
): number {
  let position = 0;
  for (const chunk of chunks) {
    writeFully(fileSystem, descriptor, chunk, 0, chunk.length, position);
    position += chunk.length;
  }
  return position;
}

function lockedMeanwhile(path: string): StatelogError {
  return new StatelogError('LOCKED', `${path} was locked by another process as soon as it was made`, {
    path,
  });
}
