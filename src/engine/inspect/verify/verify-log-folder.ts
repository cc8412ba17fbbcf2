import { replayHint } from '../../bytes/command-hints.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/file-system.js';
import { listSegments, type SegmentEntry } from '../../wal/segment-folder.js';
import { verifySegment } from './verify-segment.js';
import type { Tally } from './tally.js';

/** Checks every segment of a bare folder of them, and that no core's is missing between others. */
export function* verifyWalFolder(
  fileSystem: FileSystem,
  folder: string,
  tally: Tally,
): Generator<Finding, void> {
  const segments = listSegments(fileSystem, folder);
  yield* missingSegments(folder, segments);
  for (const { path, coreId } of segments) yield* verifyLooseSegment(fileSystem, path, coreId, tally);
}

/** A finding for each core that has no segment between others that have. */
export function* missingSegments(
  folder: string,
  segments: readonly SegmentEntry[],
): Generator<Finding, void> {
  const cores = new Set(segments.map(({ coreId }) => coreId));
  const last = segments.at(-1)?.coreId ?? -1;
  for (let coreId = 0; coreId < last; coreId++) {
    if (!cores.has(coreId)) yield missingSegment(folder, coreId);
  }
}

/** Checks one segment by itself; of which core it is may be known from its name. */
export function* verifyLooseSegment(
  fileSystem: FileSystem,
  path: string,
  coreId: number | undefined,
  tally: Tally,
): Generator<Finding, void> {
  const summary = yield* verifySegment({ fileSystem, path, coreId });
  tally.addFile(path, summary.bytes);
  tally.records += summary.records;
}

function missingSegment(folder: string, coreId: number): Finding {
  return {
    severity: 'damage',
    class: 'missing-segment',
    file: folder,
    offset: 0,
    bytes: 0,
    message: `the segment of core ${coreId} is missing, and later cores have theirs`,
    hint: `look for it where the others came from; without it, ${replayHint(folder)}`,
    coreId,
  };
}
