import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { isStatelogError } from '../../errors.js';
import type { SegmentEntry } from '../folder/segment-folder.js';
import type { Reached, WalScanOptions } from '../scan/scan-options.js';
import { WalScanner } from '../scan/scanner.js';

/** How far a segment reaches whose records cannot be told: as far as anyone asks. */
const EVERYWHERE = 0xffff_ffff_ffff_ffffn;

/**
 * Tells how far the segments of a log reach, for atomic groups that are in several of them: as they are when this is called, so
 * that whatever is read later shows the same groups in each. A segment is read only once it is asked for.
 * @param optionsOf how a core's segment is read
 * @returns undefined for a segment alone, which says all by itself
 */
export function groupReach(
  fileSystem: FileSystem,
  segments: readonly SegmentEntry[],
  optionsOf: (coreId: number) => WalScanOptions,
): Reached | undefined {
  if (segments.length < 2) return undefined;
  const sizes = new Map(segments.map(({ coreId, path }) => [coreId, sizeOf(fileSystem, path)]));
  const ends = new Map<number, bigint>();
  return (coreId, sequence) => {
    const segment = segments.find((one) => one.coreId === coreId);
    if (segment === undefined) return true;
    let end = ends.get(coreId);
    if (end === undefined) {
      end = endOf(segment, { ...optionsOf(coreId), fileSystem, to: sizes.get(coreId) });
      ends.set(coreId, end);
    }
    return end >= sequence;
  };
}

function sizeOf(fileSystem: FileSystem, path: string): number | undefined {
  return fileSystem.statusFollowing(path)?.size;
}

/** The sequence behind the last good record that is not in an unfinished end; what is missing is told of where it is missed. */
function endOf({ path, coreId }: SegmentEntry, options: WalScanOptions): bigint {
  let scanner: WalScanner;
  try {
    scanner = WalScanner.open(path, { ...options, coreId, reached: undefined, tornTail: 'stop' });
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return EVERYWHERE;
  }
  try {
    while (scanner.next() !== 'end');
    return scanner.nextSequence ?? options.expectedSequence ?? 0n;
  } finally {
    scanner.close();
  }
}
