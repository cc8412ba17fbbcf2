import { StatelogError, isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';

/** The error for a file that neither platform nor file system can lock. */
export function noLocksError(path: string): StatelogError {
  return new StatelogError(
    'READ_ONLY',
    `${path} cannot be locked: neither platform nor file system offers locks here`,
    {
      path,
      operation: 'flock',
      safe: 'nothing was changed',
      hint: 'stores can be read, exported and imported here, but not written to: write on a local disk, and bring the store here',
    },
  );
}

/** Errors of flock on a file system that offers no locks. */
const NO_LOCKS: ReadonlySet<string | undefined> = new Set([
  'ENOLCK',
  'ENOSYS',
  'EOPNOTSUPP',
  'ENOTSUP',
  'EINVAL',
]);

/** True for the error of a lock that the file system cannot give to anybody. */
export function isWithoutLocks(error: unknown): boolean {
  return isStatelogError(error, 'READ_ONLY') || (isStatelogError(error) && NO_LOCKS.has(error.details.errno));
}

/**
 * Locks a file that is new, or that nobody but us knows: true where it is ours now, or where there are no locks, since nobody
 * can take it for his own there either.
 */
export function lockIfLocksAre(fileSystem: FileSystem, descriptor: FileDescriptor): boolean {
  try {
    return !fileSystem.canLock || fileSystem.tryLock(descriptor);
  } catch (error) {
    if (isWithoutLocks(error)) return true;
    throw error;
  }
}
