import path from 'node:path';
import type { FileSystem } from '../storage-io/file-system.js';
import { WalScanner } from './scanner.js';
import { coreIdOfSegmentName } from './segment-name.js';

/** A segment in a folder. */
export interface SegmentEntry {
  readonly coreId: number;
  readonly path: string;
}

/** How much of a file is looked at to tell whether it is a segment. */
const PROBE_BYTES = 1024 * 1024;

/** The segments of a folder, by their names, in the order of the cores. Other names are passed over. */
export function listSegments(fileSystem: FileSystem, folder: string): SegmentEntry[] {
  const segments: SegmentEntry[] = [];
  for (const name of fileSystem.readDirectory(folder)) {
    const coreId = coreIdOfSegmentName(name);
    if (coreId !== undefined) segments.push({ coreId, path: path.join(folder, name) });
  }
  return segments.sort((a, b) => a.coreId - b.coreId);
}

/** True if a file is a segment by its content, whatever its name: a good record starts in its first MiB. */
export function looksLikeSegment(fileSystem: FileSystem, file: string): boolean {
  const scanner = WalScanner.open(file, { fileSystem, to: PROBE_BYTES });
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'record') return true;
    }
    return false;
  } finally {
    scanner.close();
  }
}
