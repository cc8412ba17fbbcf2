import type { DirectoryLayout } from '../directory/manifest/layout.js';
import { readManifest } from '../directory/manifest/manifest-file.js';
import { liveEpoch, type CheckpointEntry, type DirectoryManifest } from '../directory/manifest/manifest.js';
import { isStatelogError } from '../errors.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';

/** A log of a state directory, and where it stands among the checkpoints. */
export interface KeptLog {
  readonly epoch: bigint;
  /** True for the log that is open for writing. */
  readonly isLive: boolean;
  /** The checkpoint before it; undefined before the first. */
  readonly before: CheckpointEntry | undefined;
  /** The checkpoint that closed it; undefined for the live one. */
  readonly after: CheckpointEntry | undefined;
}

/** The logs that must be there, in order of epoch: of every epoch after the oldest checkpoint. */
export function keptLogs(manifest: DirectoryManifest): KeptLog[] {
  const live = liveEpoch(manifest);
  const logs: KeptLog[] = [];
  for (const [index, before] of manifest.checkpoints.entries()) {
    const after = manifest.checkpoints[index + 1];
    const epoch = before.epoch + 1n;
    if (after === undefined || after.epoch === epoch) {
      logs.push({ epoch, isLive: epoch === live, before, after });
    }
  }
  if (manifest.checkpoints.length === 0) {
    logs.push({ epoch: live, isLive: true, before: undefined, after: undefined });
  }
  return logs;
}

/** Whether a log must still be there: a writer drops it when it keeps the checkpoint before it no longer. */
export function isLogKept(fileSystem: FileSystem, layout: DirectoryLayout, epoch: bigint): boolean {
  return isNamedNow(fileSystem, layout, (manifest) => keptLogs(manifest).some((log) => log.epoch === epoch));
}

/** Whether a checkpoint must still be there. */
export function isCheckpointKept(fileSystem: FileSystem, layout: DirectoryLayout, epoch: bigint): boolean {
  return isNamedNow(fileSystem, layout, ({ checkpoints }) => checkpoints.some((one) => one.epoch === epoch));
}

/** Asked of the manifest as it is now; true where it cannot be read. */
function isNamedNow(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  names: (manifest: DirectoryManifest) => boolean,
): boolean {
  try {
    return names(readManifest(fileSystem, layout));
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return true;
  }
}
