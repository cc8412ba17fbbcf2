import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { missingBarriers, type WatchedSegment } from '../../wal/folder/barriers.js';
import { missingSegments } from '../../wal/folder/missing-segments.js';
import { listSegments } from '../../wal/folder/segment-folder.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import type { Reached } from '../../wal/scan/scan-options.js';
import { conflictedCopies } from '../strangers/conflicted-copies.js';
import { unopenedFinding } from '../unreadable.js';
import { verifySegment, type SegmentSummary } from './verify-segment.js';
import type { Tally } from './tally.js';

/** Checks every segment of a bare folder of them, and that no core's is missing between others. */
export function* verifyWalFolder(
  fileSystem: FileSystem,
  folder: string,
  tally: Tally,
): Generator<Finding, void> {
  const segments = listSegments(fileSystem, folder);
  yield* missingSegments(folder, segments);
  const reached = groupReach(fileSystem, segments, () => ({ isLoose: true }));
  const watched: WatchedSegment[] = [];
  for (const { path, coreId } of segments) {
    try {
      const { goodEnd, barriers } = yield* verifyLooseSegment(fileSystem, path, coreId, tally, reached);
      watched.push({ path, coreId, goodEnd, barriers });
    } catch (error) {
      yield unopenedFinding(error, path);
    }
  }
  yield* missingBarriers(watched);
  yield* conflictedCopies(fileSystem, folder);
}

/** Checks one segment by itself; of which core it is may be known from its name. */
export function* verifyLooseSegment(
  fileSystem: FileSystem,
  path: string,
  coreId: number | undefined,
  tally: Tally,
  reached?: Reached,
): Generator<Finding, SegmentSummary> {
  const { timeline } = tally;
  const limit = tally.limitFor(path);
  const summary = yield* verifySegment({ fileSystem, path, coreId, isLoose: true, reached, timeline, limit });
  tally.addFile(path, summary.bytes, true);
  tally.records += summary.records;
  tally.recordsBehind += summary.recordsBehind;
  return summary;
}
