import { liveEpoch, type CheckpointEntry, type DirectoryManifest } from '../directory/manifest.js';

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
