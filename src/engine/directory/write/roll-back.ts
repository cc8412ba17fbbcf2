import { isStatelogError } from '../../errors.js';
import type { WritableCore } from './writable-core.js';

/**
 * Cuts the unacknowledged end of the log and closes the segments, if a write of the log found the disk full
 * and nothing else failed: the store is then as a clean close leaves it, and the next writer needs no room to
 * recover it.
 * @param failure what the writer failed with
 * @returns whether it is so, on disk
 */
export function rollBack(cores: readonly WritableCore[], failure: unknown): boolean {
  if (!isStatelogError(failure, 'DISK_FULL')) return false;
  if (!cores.some(({ segment }) => segment.writeFailure === failure)) return false;
  return cores.map(({ segment }) => segment.rollBack()).every((isWhole) => isWhole);
}
