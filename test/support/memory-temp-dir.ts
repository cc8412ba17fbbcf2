import { readFileSync, statfsSync } from 'node:fs';

/*
 * Loaded before the tests of a folder that do not try the disk: their files lie in memory, where a sync costs nothing.
 * Whoever sets TMPDIR has them there.
 */

/** Where Linux has a file system in memory. */
const MEMORY_DISK = '/dev/shm';
/** More than all tests hold at a time; a container may have as little as 64 MiB there. */
const ROOM_BYTES_MIN = 4 * 2 ** 30;

if (process.env['TMPDIR'] === undefined && isRoomy()) process.env['TMPDIR'] = MEMORY_DISK;

/** True where programs and libraries may be run from there, too. */
function isRoomy(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_DISK);
    const mounted = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .findLast(([, place]) => place === MEMORY_DISK);
    const [, , kind, options = ''] = mounted ?? [];
    const isUsable = kind === 'tmpfs' && !options.split(',').some((one) => one === 'noexec' || one === 'ro');
    return isUsable && Math.min(bavail * bsize, process.availableMemory()) >= ROOM_BYTES_MIN;
  } catch {
    return false;
  }
}
