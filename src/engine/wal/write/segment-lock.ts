import { StatelogError } from '../../errors.js';
import { lockIfLocksAre } from '../../storage-io/lock/without-locks.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';

/**
 * Locks the segment itself, so that two writers of a bare one exclude each other. In a state directory LOCK does that
 * already; where there are no locks, whoever opens a bare segment must know that nobody else does.
 * @throws StatelogError `LOCKED`
 */
export function lockSegment(fileSystem: FileSystem, path: string, descriptor: FileDescriptor): void {
  if (lockIfLocksAre(fileSystem, descriptor)) return;
  throw new StatelogError('LOCKED', `${path} is open for writing in another place`, {
    path,
    operation: 'flock',
    safe: 'nothing was changed',
    hint: 'wait until it is closed there',
  });
}
