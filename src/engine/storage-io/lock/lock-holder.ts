import { hostname } from 'node:os';
import type { Clock } from '../interface/clock.js';
import type { FileDescriptor, FileSystem, LockOwner } from '../interface/file-system.js';
import { errnoOf } from '../interface/system-error.js';
import { writeFully } from '../whole/write-fully.js';

/** The holder of a lock, and the time since when (RFC 3339). */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** A holder in words. */
export function holderText({ pid, host, since }: LockHolder): string {
  return `process ${pid} on ${host} since ${since}`;
}

/** More than any holder's text has; what is longer is not read. */
const TEXT_BYTES_MAX = 4096;
const NANOSECONDS_A_MILLISECOND = 1_000_000n;
/** Shown to people and terminals, so nothing but what a host name and a time are made of. */
const HOST = /^[\w.:-]{1,255}$/;
const SINCE = /^[\dT:.+Z-]{1,40}$/;

/** This process, from now on. */
export function thisHolder(clock: Clock): LockHolder {
  const since = new Date(Number(clock.nowNs() / NANOSECONDS_A_MILLISECOND)).toISOString();
  return { pid: process.pid, host: hostname(), since };
}

/** Reads a lock file. `text` is false where it is empty, as a clean close leaves it. */
export function readHolder(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
): { readonly text: boolean; readonly holder: LockHolder | undefined } {
  const bytes = new Uint8Array(TEXT_BYTES_MAX);
  const count = fileSystem.read(descriptor, bytes, 0, bytes.length, 0);
  return { text: count > 0, holder: parseHolder(new TextDecoder().decode(bytes.subarray(0, count))) };
}

/**
 * Writes the holder over what was there before. The file is never empty in between: whoever
 * comes after a crash at this point must still see that somebody was here.
 */
export function writeHolder(fileSystem: FileSystem, descriptor: FileDescriptor, holder: LockHolder): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(holder)}\n`);
  writeFully(fileSystem, descriptor, bytes);
  fileSystem.truncate(descriptor, bytes.length);
}

/** The holder of a lock file's text; undefined for anything that we would not have written. */
export function parseHolder(text: string): LockHolder | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { pid, host, since } = parsed as Record<string, unknown>;
  const valid =
    Number.isSafeInteger(pid) &&
    typeof host === 'string' &&
    HOST.test(host) &&
    typeof since === 'string' &&
    SINCE.test(since);
  return valid ? { pid: pid as number, host, since } : undefined;
}

/**
 * The holder of a lock, of what the kernel and what the file say. A holder that has just locked
 * the file may not have written its text yet: where they disagree, the kernel knows better.
 */
export function holderOf(
  owner: LockOwner | false | undefined,
  written: LockHolder | undefined,
): LockHolder | undefined {
  if (owner === undefined || owner === false || owner.pid === written?.pid) return written;
  return { pid: owner.pid, host: hostname(), since: owner.since };
}

/** Whether a lock is held at the moment; `unknown` where its holder may be on another host. */
export interface LockState {
  readonly held: 'yes' | 'no' | 'unknown';
  /** The holder; if nobody holds the lock, the one that left its text behind by dying. */
  readonly holder: LockHolder | undefined;
  /** True where nobody holds it and no text is left: whoever held it last closed cleanly. */
  readonly wasClosed: boolean;
}

/** The state of a lock file, told by reading alone: it is neither taken nor touched. */
export function lockState(fileSystem: FileSystem, path: string): LockState {
  if (fileSystem.status(path)?.kind !== 'file') return { held: 'no', holder: undefined, wasClosed: true };
  const owner = fileSystem.lockOwner(path);
  const { text, holder: written } = readHolderOf(fileSystem, path);
  if (typeof owner === 'object') return { held: 'yes', holder: holderOf(owner, written), wasClosed: false };
  if (written === undefined) return { held: 'no', holder: undefined, wasClosed: !text };
  if (written.host !== hostname()) return { held: 'unknown', holder: written, wasClosed: false };
  const held = owner === undefined && isAlive(written.pid) ? 'yes' : 'no';
  return { held, holder: written, wasClosed: false };
}

function readHolderOf(fileSystem: FileSystem, path: string): ReturnType<typeof readHolder> {
  const descriptor = fileSystem.openRead(path, 'refuse');
  try {
    return readHolder(fileSystem, descriptor);
  } finally {
    fileSystem.close(descriptor);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
