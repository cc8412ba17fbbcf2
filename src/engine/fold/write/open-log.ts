import { dirname } from 'node:path';
import { isStatelogError } from '../../errors.js';
import { checkLoss, type Finding } from '../../finding.js';
import { anchoredPlace } from '../../storage-io/views/anchored-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { recoverInRoom } from '../../storage-io/whole/room.js';
import { type FileLockOptions, openLocked, tryOpenLocked } from '../../storage-io/lock/file-lock.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { checkStillHeld, type HeldPath } from '../../storage-io/owners/identity.js';
import { inheritingFromFile } from '../../storage-io/views/inheriting-file-system.js';
import { lockState } from '../../storage-io/lock/lock-holder.js';
import { compactForm, moveToCompactForm } from '../lookup/compact-form.js';
import { createLocked, removeAbandonedLogs } from './create-locked.js';
import { headerError } from '../record/damage.js';
import { HEADER_BYTES } from '../format/format.js';
import { headerBytes, isTornHeader } from '../format/header.js';
import { replaceLocked } from './locked-replace.js';
import { type OpenLog, readLog } from '../record/log-window.js';
import { isMountPoint, writeAgain, writeOver } from './mounted-log.js';
import { FoldRecordSource } from '../lookup/record-source.js';
import { type ReplayedLog, replayLog } from '../scan/replay.js';
import { copyTornTail } from './torn-tail-copy.js';

/** The end that opening for writing cut off a log. */
export interface CutLogTail {
  readonly finding: Finding;
  /** Path of a copy of it; undefined for zeros, which are not copied. */
  readonly copy: string | undefined;
}

/** A log that is open and replayed. */
export interface OpenedLog {
  readonly log: OpenLog;
  readonly replayed: ReplayedLog;
  /** The end that was cut off; only opening for writing cuts any. */
  readonly cut: CutLogTail | undefined;
  /** The file was written anew just now: all of it is on disk, and so is its name. */
  readonly fresh: boolean;
}

/** Opens a log for reading: nothing is locked, written or created. */
export function openForReading(fileSystem: FileSystem, path: string): OpenedLog {
  const descriptor = fileSystem.openRead(path);
  return closedOnFailure(fileSystem, descriptor, () => {
    const log = asOpenLog(fileSystem, path, descriptor);
    const isLocked = (): boolean => isLogLocked(fileSystem, path);
    return { log, replayed: replayLog(log, { isLocked }), cut: undefined, fresh: false };
  });
}

/** True where a writer holds a log's lock, which is the file's own. */
export function isLogLocked(fileSystem: FileSystem, path: string): boolean {
  return lockState(fileSystem, fileSystem.realPath(path)).held !== 'no';
}

/**
 * Makes an empty log: of several that do so at once, one succeeds.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function createLog(fileSystem: FileSystem, path: string): void {
  const anchored = anchoredPlace(fileSystem, path);
  anchored.close(createLocked(anchored, path, headerBytes()));
}

/** How a log is opened for writing. */
export interface OpenPolicy {
  /** Whether a log that is not there is made. */
  readonly ifMissing: 'create' | 'fail';
  /** Whether a log that holds more than its live entries is rewritten in its compact form. */
  readonly compact: boolean;
  /** How much of an unfinished last write may be cut; undefined: what a recovery may cut by itself. */
  readonly lossBytesMax: number | undefined;
}

/**
 * Opens a log for writing: locked, and mended where its last write is unfinished.
 * @throws StatelogError `LOCKED`; `DAMAGED`, `UNKNOWN_FORMAT` or `UNSUPPORTED_VERSION` with the file
 * left as it is; `READ_ONLY` where this platform has no locks
 */
export function openForWriting(fileSystem: FileSystem, path: string, policy: OpenPolicy): OpenedLog {
  const opening = new Opening(fileSystem, path, policy);
  return opening.recover(tryOpenLocked(fileSystem, opening.path, () => opening.openOrCreate()));
}

/** Opens as `openForWriting` does, and tries again for `waitMs` while another process holds the lock. */
export async function openForWritingWhenFree(
  fileSystem: FileSystem,
  path: string,
  policy: OpenPolicy,
  lock: FileLockOptions,
): Promise<OpenedLog> {
  const opening = new Opening(fileSystem, path, policy);
  return opening.recover(await openLocked(fileSystem, opening.path, () => opening.openOrCreate(), lock));
}

/** One log on its way to being open for writing. */
class Opening {
  /** The path that a rewrite renames over: if the user's path is a symbolic link, the file that it leads to. */
  readonly path: string;
  readonly #fileSystem: FileSystem;
  readonly #policy: OpenPolicy;
  /** The log was made, or written anew, just now. */
  #fresh = false;

  constructor(fileSystem: FileSystem, path: string, policy: OpenPolicy) {
    this.path = fileSystem.statusFollowing(path) === undefined ? path : fileSystem.realPath(path);
    this.#fileSystem = inheritingFromFile(anchoredPlace(fileSystem, this.path), this.path);
    this.#policy = policy;
  }

  openOrCreate(): FileDescriptor {
    try {
      return this.#fileSystem.openReadWrite(this.path);
    } catch (error) {
      if (this.#policy.ifMissing === 'fail' || !isStatelogError(error, 'NOT_FOUND')) throw error;
    }
    try {
      const created = createLocked(this.#fileSystem, this.path, headerBytes());
      this.#fresh = true;
      return created;
    } catch (error) {
      if (!isStatelogError(error, 'ALREADY_EXISTS')) throw error;
    }
    return this.#fileSystem.openReadWrite(this.path);
  }

  /** Mends a locked log whose last write is unfinished, and rewrites one that is not tidy if it is to be. */
  recover(locked: FileDescriptor): OpenedLog {
    const bytesOfAll = (): number => this.#fileSystem.status(this.path)?.size ?? 0;
    return recoverInRoom(this.path, bytesOfAll, () => this.#recover(locked));
  }

  #recover(locked: FileDescriptor): OpenedLog {
    let descriptor = locked;
    const rewrite = (chunks: Iterable<Uint8Array>, orInPlace: () => void): void => {
      try {
        const { identity } = this.#fileSystem.statusOf(descriptor);
        const held: HeldPath = { path: this.path, name: 'the file', identity };
        const replaced = replaceLocked(this.#fileSystem, this.path, chunks, undefined, () => {
          // Others may have put another log in its place since it was locked.
          checkStillHeld(this.#fileSystem, this.path, [held]);
        });
        closeQuietly(this.#fileSystem, descriptor);
        descriptor = replaced.descriptor;
      } catch (error) {
        if (!isMountPoint(error)) throw error;
        orInPlace();
        this.#fileSystem.syncDirectory(dirname(this.path));
      }
      this.#fresh = true;
    };
    try {
      removeAbandonedLogs(this.#fileSystem, this.path);
      if (hasTornHeader(this.#fileSystem, this.path, descriptor)) {
        rewrite([headerBytes()], () => {
          writeOver(asOpenLog(this.#fileSystem, this.path, descriptor), headerBytes());
        });
      }
      const log = asOpenLog(this.#fileSystem, this.path, descriptor);
      const replayed = replayLog(log);
      const compact = this.#policy.compact && !replayed.tidy;
      const torn = replayed.tornTail === undefined ? [] : [replayed.tornTail];
      checkLoss(this.path, torn, this.#policy.lossBytesMax);
      const cut = replayed.tornTail === undefined ? undefined : copyAside(log, replayed.tornTail);
      const asItIs = { log, replayed, cut, fresh: this.#fresh };
      if (!compact && cut === undefined) return asItIs;
      let isCompact = compact;
      try {
        rewrite(compact ? compactFormOf(log, replayed) : bytesUpTo(log, replayed.goodEnd), () => {
          isCompact = false;
          writeAgain(log, replayed.goodEnd);
        });
      } catch (error) {
        // A rewrite that only tidies can wait until there is room.
        if (cut === undefined && isStatelogError(error, 'DISK_FULL')) return asItIs;
        throw error;
      }
      if (isCompact) moveToCompactForm(replayed.index);
      const rewritten = asOpenLog(this.#fileSystem, this.path, descriptor);
      return {
        log: rewritten,
        replayed: afterRewrite(replayed, rewritten.size, isCompact),
        cut,
        fresh: true,
      };
    } catch (error) {
      closeQuietly(this.#fileSystem, descriptor);
      throw error;
    }
  }
}

function compactFormOf(log: OpenLog, { index, cursor }: ReplayedLog): Generator<Uint8Array, void> {
  return compactForm(index, new FoldRecordSource(log), cursor);
}

function afterRewrite(replayed: ReplayedLog, size: number, compact: boolean): ReplayedLog {
  return {
    ...replayed,
    goodEnd: size,
    tornTail: undefined,
    tidy: compact || replayed.tidy,
    compactForm: compact || replayed.compactForm,
    endsWithCursor: compact ? !replayed.cursor.isNone : replayed.endsWithCursor,
    appendAt: undefined,
  };
}

function hasTornHeader(fileSystem: FileSystem, path: string, descriptor: FileDescriptor): boolean {
  const header = new Uint8Array(HEADER_BYTES);
  const count = fileSystem.read(descriptor, header, 0, HEADER_BYTES, 0);
  if (count === HEADER_BYTES) return false;
  const bytes = header.subarray(0, count);
  if (!isTornHeader(bytes)) throw headerError(path, bytes, 'short');
  return true;
}

function copyAside(log: OpenLog, finding: Finding): CutLogTail {
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
    readLog(log, chunk, 0, length, offset);
    yield chunk.subarray(0, length);
  }
}

function asOpenLog(fileSystem: FileSystem, path: string, descriptor: FileDescriptor): OpenLog {
  return { fileSystem, path, descriptor, size: fileSystem.statusOf(descriptor).size };
}

/** Closes an open file where work on it fails. */
export function closedOnFailure<T>(fileSystem: FileSystem, descriptor: FileDescriptor, work: () => T): T {
  try {
    return work();
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    throw error;
  }
}
