import { basename, dirname, join } from 'node:path';
import { isStatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import { closeQuietly, createFile, isTemporaryNameOf, removeQuietly } from '../storage-io/atomic-write.js';
import { type FileLockOptions, openLocked, tryOpenLocked } from '../storage-io/file-lock.js';
import type { FileDescriptor, FileSystem } from '../storage-io/file-system.js';
import { readFully } from '../storage-io/write-fully.js';
import { compactForm, moveToCompactForm } from './compact-form.js';
import { headerError } from './damage.js';
import { HEADER_BYTES } from './format.js';
import { headerBytes, isTornHeader } from './header.js';
import { replaceLocked } from './locked-replace.js';
import type { OpenLog } from './log-window.js';
import { RecordSource } from './record-source.js';
import { type ReplayedLog, replayLog } from './replay.js';
import { copyTornTail } from './torn-tail-copy.js';

/** What opening for writing cut from the end of a log. */
export interface CutTail {
  readonly finding: Finding;
  /** Where a copy of it lies; undefined for zeros, of which none is made. */
  readonly copy: string | undefined;
}

/** A log that is open and replayed. */
export interface OpenedLog {
  readonly log: OpenLog;
  readonly replayed: ReplayedLog;
  /** What was cut; only by opening for writing. */
  readonly cut: CutTail | undefined;
  /** The file was written anew just now: all of it is on disk, and so is its name. */
  readonly fresh: boolean;
}

/** Opens a log for reading: nothing is locked, written or created. */
export function openForReading(fileSystem: FileSystem, path: string): OpenedLog {
  const descriptor = fileSystem.openRead(path);
  return closedOnFailure(fileSystem, descriptor, () => {
    const log = asOpenLog(fileSystem, path, descriptor);
    return { log, replayed: replayLog(log), cut: undefined, fresh: false };
  });
}

/** How a log is opened for writing. */
export interface OpenPolicy {
  /** Whether a log that is not there is made. */
  readonly ifMissing: 'create' | 'fail';
  /** Whether a log that holds more than its live entries is rewritten in its compact form. */
  readonly compact: boolean;
}

/**
 * Opens a log for writing: locked, and mended where its last write is unfinished.
 * @throws StatelogError `LOCKED`; `DAMAGED`, `UNKNOWN_FORMAT` or `UNSUPPORTED_VERSION` with the file
 * left as it is; `READ_ONLY` where this platform has no locks
 */
export function openForWriting(fileSystem: FileSystem, path: string, policy: OpenPolicy): OpenedLog {
  const target = resolve(fileSystem, path);
  const descriptor = tryOpenLocked(fileSystem, target, () => openOrCreate(fileSystem, target, policy));
  return recover(fileSystem, target, descriptor, policy);
}

/** The same, trying again for `waitMs` while another holds the lock. */
export async function openForWritingWhenFree(
  fileSystem: FileSystem,
  path: string,
  policy: OpenPolicy,
  lock: FileLockOptions,
): Promise<OpenedLog> {
  const target = resolve(fileSystem, path);
  const open = (): FileDescriptor => openOrCreate(fileSystem, target, policy);
  return recover(fileSystem, target, await openLocked(fileSystem, target, open, lock), policy);
}

/** A rewrite renames over the log: through a symbolic link, that must be the file and not the link. */
function resolve(fileSystem: FileSystem, path: string): string {
  return fileSystem.statusFollowing(path) === undefined ? path : fileSystem.realPath(path);
}

function openOrCreate(fileSystem: FileSystem, path: string, { ifMissing }: OpenPolicy): FileDescriptor {
  try {
    return fileSystem.openReadWrite(path);
  } catch (error) {
    if (ifMissing === 'fail' || !isStatelogError(error, 'NOT_FOUND')) throw error;
  }
  try {
    createFile(fileSystem, path, headerBytes());
  } catch (error) {
    if (!isStatelogError(error, 'ALREADY_EXISTS')) throw error;
  }
  return fileSystem.openReadWrite(path);
}

/**
 * Makes a locked log one that may be appended to. It is rewritten where its end is torn, and where
 * its last apply may not be on disk: what can be read may be pages whose sync failed, which the
 * kernel then takes for clean, and a later sync would not write.
 */
function recover(
  fileSystem: FileSystem,
  path: string,
  locked: FileDescriptor,
  policy: OpenPolicy,
): OpenedLog {
  let descriptor = locked;
  const rewrite = (chunks: Iterable<Uint8Array>): void => {
    const replaced = replaceLocked(fileSystem, path, chunks);
    closeQuietly(fileSystem, descriptor);
    descriptor = replaced.descriptor;
  };
  try {
    removeLeftovers(fileSystem, path);
    const tornHeader = hasTornHeader(fileSystem, path, descriptor);
    if (tornHeader) rewrite([headerBytes()]);
    const log = asOpenLog(fileSystem, path, descriptor);
    const replayed = replayLog(log);
    const compact = policy.compact && !replayed.tidy;
    if (!compact && replayed.appendAt !== undefined)
      return { log, replayed, cut: undefined, fresh: tornHeader };
    const cut = replayed.tornTail === undefined ? undefined : copyAside(log, replayed.tornTail);
    const { index, cursor } = replayed;
    rewrite(compact ? compactForm(index, new RecordSource(log), cursor) : bytesUpTo(log, replayed.goodEnd));
    if (compact) moveToCompactForm(index);
    const rewritten = asOpenLog(fileSystem, path, descriptor);
    return { log: rewritten, replayed: afterRewrite(replayed, rewritten.size, compact), cut, fresh: true };
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    throw error;
  }
}

function afterRewrite(replayed: ReplayedLog, size: number, compact: boolean): ReplayedLog {
  return {
    ...replayed,
    goodEnd: size,
    tornTail: undefined,
    tidy: compact || replayed.tidy,
    compactForm: compact || replayed.compactForm,
    endsWithCursor: compact ? !replayed.cursor.isNone : replayed.endsWithCursor,
    appendAt: size,
  };
}

/** What a crash left of a rewrite. We hold the lock, so nobody is at work on it. */
function removeLeftovers(fileSystem: FileSystem, path: string): void {
  const folder = dirname(path);
  for (const name of fileSystem.readDirectory(folder)) {
    if (isTemporaryNameOf(name, basename(path))) removeQuietly(fileSystem, join(folder, name));
  }
}

function hasTornHeader(fileSystem: FileSystem, path: string, descriptor: FileDescriptor): boolean {
  const header = new Uint8Array(HEADER_BYTES);
  const count = fileSystem.read(descriptor, header, 0, HEADER_BYTES, 0);
  if (count === HEADER_BYTES) return false;
  const bytes = header.subarray(0, count);
  if (!isTornHeader(bytes)) throw headerError(path, bytes, 'short');
  return true;
}

function copyAside(log: OpenLog, finding: Finding): CutTail {
  const { fileSystem, path, descriptor, size } = log;
  const nothingInIt = finding.class === 'zero-tail';
  const copy = nothingInIt ? undefined : copyTornTail(fileSystem, path, descriptor, finding.offset, size);
  return { finding, copy };
}

const CHUNK_BYTES = 1024 * 1024;

function* bytesUpTo(log: OpenLog, end: number): Generator<Uint8Array, void> {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end));
  for (let offset = 0; offset < end; offset += chunk.length) {
    const length = Math.min(chunk.length, end - offset);
    readFully(log.fileSystem, log.descriptor, chunk, 0, length, offset);
    yield chunk.subarray(0, length);
  }
}

function asOpenLog(fileSystem: FileSystem, path: string, descriptor: FileDescriptor): OpenLog {
  return { fileSystem, path, descriptor, size: fileSystem.statusOf(descriptor).size };
}

function closedOnFailure<T>(fileSystem: FileSystem, descriptor: FileDescriptor, work: () => T): T {
  try {
    return work();
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    throw error;
  }
}
