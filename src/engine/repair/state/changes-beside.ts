import { dirname, join } from 'node:path';
import { applyRecord } from '../../directory/read/replay.js';
import { Overlay } from '../../directory/state/overlay.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { MergedScanner } from '../../wal/scan/merged-scanner.js';
import { listSegments, type SegmentEntry } from '../../wal/folder/segment-folder.js';

const WAL_FOLDER = 'wal';

/**
 * The changes in the segments that lie beside a state file, or in a folder `wal` there: every good record,
 * in merged order.
 * @returns undefined where there are none
 */
export function changesBeside(fileSystem: FileSystem, statePath: string): Overlay | undefined {
  const folder = dirname(statePath);
  const segments = [folder, join(folder, WAL_FOLDER)].flatMap((one) => segmentsIn(fileSystem, one));
  if (segments.length === 0) return undefined;
  const overlay = new Overlay();
  const progress = { sources: new Map<string, bigint>(), watermark: undefined };
  const scanner = MergedScanner.open(segments, { fileSystem });
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'record') applyRecord(scanner.view, overlay, progress);
    }
  } finally {
    scanner.close();
  }
  return overlay;
}

function segmentsIn(fileSystem: FileSystem, folder: string): SegmentEntry[] {
  return fileSystem.statusFollowing(folder)?.kind === 'directory' ? listSegments(fileSystem, folder) : [];
}
