import { equalBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import { TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import { readIndexHead } from '../../state/format/index-head.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import { liveEpoch, type DirectoryManifest } from '../manifest/manifest.js';

/**
 * True where the folder of a checkpoint that the manifest does not name shows that the manifest is older than it, in a store that its
 * last writer closed cleanly. A checkpoint of a writer that only puts has the live epoch, and its log has barriers before any of its
 * files is made: so one of a later epoch was published, and a whole one of the live epoch, beside a log without barriers, belongs to
 * another log. A writer that died may have left either: changes that are made at once (`change-at-once.ts`) have no barrier, and may
 * jump over epochs.
 */
export function isLaterCheckpoint(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
  epoch: bigint,
): boolean {
  const live = liveEpoch(manifest);
  if (epoch < live) return false;
  const cores = Array.from({ length: manifest.cores }, (_, coreId) => coreId);
  const isThere = (coreId: number): boolean => holdsPair(fileSystem, layout, manifest, epoch, coreId);
  if (epoch > live) return cores.some(isThere);
  return (
    cores.every(isThere) && cores.some((coreId) => !hasBarrier(fileSystem, layout.segment(live, coreId)))
  );
}

/** Whether a pair is there whose index says that it is of this store, checkpoint and core. */
function holdsPair(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  { storeId }: DirectoryManifest,
  epoch: bigint,
  coreId: number,
): boolean {
  if (fileSystem.status(layout.stateFile(epoch, coreId))?.kind !== 'file') return false;
  const path = layout.indexFile(epoch, coreId);
  return (
    attempt(() => {
      const descriptor = fileSystem.openRead(path, 'refuse');
      try {
        const { block } = readIndexHead(fileSystem, descriptor, path);
        return block?.epoch === epoch && block.coreId === coreId && equalBytes(block.storeId, storeId);
      } finally {
        closeQuietly(fileSystem, descriptor);
      }
    }) ?? false
  );
}

/** Whether a segment has a barrier; of one that is not there, or that cannot be read, nothing can be told: true. */
function hasBarrier(fileSystem: FileSystem, path: string): boolean {
  return (
    attempt(() => {
      const scanner = WalScanner.open(path, { fileSystem, tornTail: 'show' });
      try {
        for (let event = scanner.next(); event !== 'end'; event = scanner.next())
          if (event === 'record' && scanner.view.tag === TAG_EPOCH_BARRIER) return true;
        return false;
      } finally {
        scanner.close();
      }
    }) ?? true
  );
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return undefined;
  }
}
