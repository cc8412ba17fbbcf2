import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { coreIdOfSegmentName } from '../../wal/format/segment-name.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import type { DirectoryManifest } from '../manifest/manifest.js';

/** How much of a segment is read for its first record. */
const PROBE_BYTES = 64 * 1024;

/** A segment in a folder of a store's log. */
export interface SegmentPlace {
  readonly path: string;
  /** The end of its path. */
  readonly name: string;
  /** The epoch that its folder is named after. */
  readonly epoch: bigint;
}

/**
 * True where a segment is certainly another store's, or of another place in this one: its core is none of the store's, its first record
 * says another core or epoch than its path, or the checkpoints of its epoch and the one before say that it has another number or
 * a later time. One whose first record is not good, or long, is taken for the store's.
 */
export function isOtherSegment(
  fileSystem: FileSystem,
  { path, name, epoch }: SegmentPlace,
  { cores, checkpoints }: DirectoryManifest,
): boolean {
  const coreId = coreIdOfSegmentName(name);
  if (coreId === undefined || coreId >= cores) return true;
  const first = firstRecord(fileSystem, path);
  if (first === undefined) return false;
  if (first.coreId !== coreId || first.epoch !== epoch) return true;
  const before = checkpoints.find((one) => one.epoch === epoch - 1n)?.cores[coreId];
  const after = checkpoints.find((one) => one.epoch === epoch)?.cores[coreId];
  return (
    (before !== undefined && first.sequence < before.nextSequence) ||
    (after !== undefined &&
      (first.sequence >= after.nextSequence || first.timestampNs > after.lastTimestampNs))
  );
}

function firstRecord(
  fileSystem: FileSystem,
  path: string,
):
  | {
      readonly coreId: number;
      readonly epoch: bigint;
      readonly sequence: bigint;
      readonly timestampNs: bigint;
    }
  | undefined {
  try {
    const scanner = WalScanner.open(path, { fileSystem, to: PROBE_BYTES });
    try {
      if (scanner.next() !== 'record') return undefined;
      const { coreId, epoch, sequence, timestampNs } = scanner.view;
      return { coreId, epoch, sequence, timestampNs };
    } finally {
      scanner.close();
    }
  } catch (error) {
    if (isStatelogError(error)) return undefined;
    throw error;
  }
}
