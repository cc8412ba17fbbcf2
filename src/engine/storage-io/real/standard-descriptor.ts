import { constants, fstatSync, openSync, writeSync, type Stats } from 'node:fs';

const { O_NONBLOCK, O_WRONLY } = constants;
/** Linux gives this major number to the null device and its kin. */
const MEMORY_DEVICES = 1;
const MINOR_BITS = 8;

/** A descriptor that was open when the process began, by what it leads to. `file`: also the null device, which takes all at once. */
export type DescriptorKind = 'file' | 'pipe' | 'socket' | 'device' | 'other';

/** Tells what a descriptor leads to, without what Node loads for its streams; `other` for a closed one, too. */
export function kindOfDescriptor(descriptor: number): DescriptorKind {
  let status: Stats;
  try {
    status = fstatSync(descriptor);
  } catch {
    return 'other';
  }
  if (status.isFIFO()) return 'pipe';
  if (status.isSocket()) return 'socket';
  if (status.isFile() || isMemoryDevice(status)) return 'file';
  return status.isCharacterDevice() ? 'device' : 'other';
}

function isMemoryDevice(status: Stats): boolean {
  const isLinuxDevice = process.platform === 'linux' && status.isCharacterDevice();
  return isLinuxDevice && status.rdev >> MINOR_BITS === MEMORY_DEVICES;
}

/**
 * Opens a pipe once more, by its name, so that writing to it takes what it takes at once: the descriptor, which other processes
 * share, may be one that waits for the reader.
 * @returns undefined where it cannot be opened so
 */
export function openPipeAgain(pipe: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${pipe}`, O_WRONLY | O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/**
 * Writes as much to a pipe as it takes at once.
 * @param pipe as `openPipeAgain` returned it
 * @returns how many bytes it took; 0 where it takes none
 */
export function writeAtOnce(pipe: number, bytes: Uint8Array): number {
  try {
    return writeSync(pipe, bytes);
  } catch {
    // The stream, which is tried next, says why.
    return 0;
  }
}
