import { readFileSync } from 'node:fs';
import type { LockOwner } from '../interface/file-system.js';

const LOCKS_PATH = '/proc/locks';
/** Linux reports times of processes in hundredths of a second on every architecture that Node runs on. */
const CLOCK_TICKS_A_SECOND = 100;
/** The start time's index among the fields of /proc/PID/stat after the process's name, which may hold anything. */
const START_TIME_FIELD = 19;

/**
 * Which process holds a flock on a file, as the kernel lists it; false where none is listed
 * (locks of other containers and hosts are not), undefined where there is no such list.
 */
export function flockOwner(device: bigint, inode: bigint): LockOwner | false | undefined {
  const list = readOrUndefined(LOCKS_PATH);
  if (list === undefined) return undefined;
  const wanted = `${hexOf(majorOf(device))}:${hexOf(minorOf(device))}:${inode}`;
  for (const line of list.split('\n')) {
    // "1: FLOCK  ADVISORY  WRITE 1042 fe:00:5308417 0 EOF"; who only waits has "->" after the number.
    const [, kind, , , pid, file] = line.split(/ +/);
    if (kind === 'FLOCK' && file === wanted) return { pid: Number(pid), since: startOf(Number(pid)) };
  }
  return false;
}

/** When a process started; the epoch where that cannot be read. */
function startOf(pid: number): string {
  const status = readOrUndefined(`/proc/${pid}/stat`) ?? '';
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  const sinceBoot = Number(fields[START_TIME_FIELD]) / CLOCK_TICKS_A_SECOND;
  const boot = Number(/^btime (\d+)$/m.exec(readOrUndefined('/proc/stat') ?? '')?.[1]);
  const seconds = boot + sinceBoot;
  return new Date(Number.isFinite(seconds) ? seconds * 1000 : 0).toISOString();
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** How the C library splits a device number. */
function majorOf(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
}

function minorOf(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
}

function hexOf(part: bigint): string {
  return part.toString(16).padStart(2, '0');
}
