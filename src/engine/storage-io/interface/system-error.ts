import type { ErrorCode } from '../../errors.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import type { FileKind, FileSystem } from './file-system.js';
import { destinationOf } from './staged-names.js';

interface Meaning {
  readonly code: ErrorCode;
  readonly words: string;
  readonly hint?: string;
}

/** The operating system's errors, each in plain words and as one of our codes. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['ENOENT', { code: 'NOT_FOUND', words: 'there is no such file or folder' }],
  ['EACCES', { code: 'PERMISSION_DENIED', words: 'permission denied' }],
  ['EPERM', { code: 'PERMISSION_DENIED', words: 'the operation is not permitted' }],
  [
    'ENOSPC',
    { code: 'DISK_FULL', words: 'no space is left on the device', hint: 'free some space, then try again' },
  ],
  [
    'EDQUOT',
    { code: 'DISK_FULL', words: 'the disk quota is used up', hint: 'free some space, then try again' },
  ],
  ['EFBIG', { code: 'DISK_FULL', words: 'the file may not grow this large', hint: 'see `ulimit -f`' }],
  ['EEXIST', { code: 'ALREADY_EXISTS', words: 'it exists already' }],
  ['EISDIR', { code: 'NOT_A_FILE', words: 'it is a folder, not a file' }],
  ['ELOOP', { code: 'NOT_A_FILE', words: 'it is a symbolic link that may not be followed' }],
  ['ENXIO', { code: 'NOT_A_FILE', words: 'it is a device, FIFO or socket, not a file' }],
  ['ENOTDIR', { code: 'NOT_A_DIRECTORY', words: 'a part of the path is not a folder' }],
  ['EROFS', { code: 'READ_ONLY', words: 'the file system is read-only' }],
  ['EIO', { code: 'IO_FAILED', words: 'the device reported an input/output error' }],
  ['ENOTEMPTY', { code: 'IO_FAILED', words: 'the folder is not empty' }],
  ['EBUSY', { code: 'IO_FAILED', words: 'it is mounted by itself, or in use' }],
  ['EXDEV', { code: 'IO_FAILED', words: 'the two paths lie on different file systems' }],
  ['ENAMETOOLONG', { code: 'IO_FAILED', words: 'the name is too long' }],
  ['EMFILE', { code: 'IO_FAILED', words: 'too many files are open', hint: 'see `ulimit -n`' }],
  ['ENFILE', { code: 'IO_FAILED', words: 'too many files are open on this machine' }],
  ['ENOMEM', { code: 'IO_FAILED', words: 'memory ran out' }],
  ['EBADF', { code: 'IO_FAILED', words: 'the descriptor is not open for this' }],
  ['ERR_INVALID_ARG_VALUE', { code: 'INVALID_ARGUMENT', words: 'the path holds a NUL byte' }],
] satisfies [string, Meaning][]);

/**
 * The error for a failed call, from the operating system's name for the failure. Used by the
 * real and by the simulated file system, so that code above cannot tell them apart. Of a file in a hidden folder it tells
 * what is put together there.
 * @param offset the byte of the file that was to be read or written
 */
export function systemError(
  operation: string,
  path: string | undefined,
  errno: string,
  cause?: unknown,
  offset?: number,
): StatelogError {
  const meaning = MEANINGS.get(errno);
  // A folder moved onto one that holds something is refused with ENOTEMPTY instead of EEXIST.
  const occupied = errno === 'ENOTEMPTY' && operation === 'rename';
  const code = occupied ? 'ALREADY_EXISTS' : (meaning?.code ?? 'IO_FAILED');
  const words = meaning?.words ?? 'the system call failed';
  // What is missing there is told by those who look for it.
  const destination = path === undefined || errno === 'ENOENT' ? undefined : destinationOf(path);
  const named = destination ?? path;
  const subject = named === undefined ? operation : `${operation} ${named}`;
  return new StatelogError(code, `${subject}: ${words} (${errno})`, {
    path: named,
    offset: destination === undefined ? offset : undefined,
    errno,
    operation,
    hint: meaning?.hint,
    cause,
  });
}

/** The error of a failed rename or link. ENOENT is taken to be about the old name, all else about the new one. */
export function twoPathError(
  operation: 'rename' | 'link',
  from: string,
  to: string,
  errno: string,
  cause?: unknown,
): StatelogError {
  return systemError(operation, errno === 'ENOENT' ? from : to, errno, cause);
}

/** Turns an error that `fs` threw into one of ours; anything that is no system error passes unchanged. */
export function asSystemError(
  operation: string,
  path: string | undefined,
  thrown: unknown,
  offset?: number,
): unknown {
  if (thrown instanceof StatelogError) return thrown;
  const errno = errnoOf(thrown);
  return errno === undefined ? thrown : systemError(operation, path, errno, thrown, offset);
}

/** The operating system's name for what `fs` threw, such as `ENOENT`; undefined for other errors. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return undefined;
  return 'syscall' in thrown || MEANINGS.has(thrown.code) ? thrown.code : undefined;
}

/** Whether a symbolic link that leads to nothing is at a path. A file that another process puts there meanwhile is none. */
export function isDanglingLink(
  fileSystem: Pick<FileSystem, 'status' | 'statusFollowing'>,
  path: string,
): boolean {
  return fileSystem.status(path)?.kind === 'symlink' && fileSystem.statusFollowing(path) === undefined;
}

/** The error for a path that is a symbolic link, where nothing is at its other end. */
export function danglingLink(path: string, code: 'NOT_FOUND' | 'ALREADY_EXISTS'): StatelogError {
  return new StatelogError(code, 'the path is a symbolic link that leads to nothing', {
    path,
    safe: 'nothing was changed',
    hint: 'remove the link, or put back what it leads to',
  });
}

const KIND_WORDS: Readonly<Record<FileKind, string>> = {
  file: 'a file',
  directory: 'a folder',
  symlink: 'a symbolic link',
  fifo: 'a FIFO',
  socket: 'a socket',
  device: 'a device',
};

/** The error where a regular file was wanted and something else is there. */
export function notAFileError(operation: string, path: string, kind: FileKind): StatelogError {
  return new StatelogError('NOT_A_FILE', `${operation} ${path}: it is ${KIND_WORDS[kind]}, not a file`, {
    path,
    operation,
    errno: kind === 'directory' ? 'EISDIR' : 'ENXIO',
  });
}

/** Does something by the path `within`, which leads to where `path` did, and says of `path` what fails: the user knows no other. */
export function saidOf<T>(path: string, within: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    const { path: at, ...details } = error.details;
    if (!error.message.includes(within) && at?.includes(within) !== true) throw error;
    const message = error.message.replaceAll(within, path);
    throw new StatelogError(error.code, message, {
      ...details,
      path: at?.replace(within, path),
      cause: error,
    });
  }
}
