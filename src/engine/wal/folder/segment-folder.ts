import path from 'node:path';
import { readU32 } from '../../bytes/halves.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { HEADER, RECORD_HEADER_BYTES, isPlausibleLength } from '../format/record.js';
import { WalScanner } from '../scan/scanner.js';
import { coreIdOfSegmentName } from '../format/segment-name.js';

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

/**
 * True if a file is a segment by its content, whatever its name: a good record lies in its first MiB,
 * or is its first, however long.
 */
export function looksLikeSegment(fileSystem: FileSystem, file: string): boolean {
  const to = Math.max(PROBE_BYTES, firstRecordEnd(fileSystem, file));
  const scanner = WalScanner.open(file, { fileSystem, to });
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'record') return true;
      // Of what was cut from the middle of one, all may be taken for an end that nobody acknowledged.
      if ((scanner.finding?.goodRecords ?? 0) > 0) return true;
    }
    return false;
  } finally {
    scanner.close();
  }
}

/** End of the first record, if the file is a segment; 0 if its length is none of a record. */
function firstRecordEnd(fileSystem: FileSystem, file: string): number {
  const header = new Uint8Array(RECORD_HEADER_BYTES);
  const descriptor = fileSystem.openRead(file);
  try {
    if (fileSystem.read(descriptor, header, 0, header.length, 0) < header.length) return 0;
  } finally {
    fileSystem.close(descriptor);
  }
  const length = readU32(header, HEADER.length);
  return isPlausibleLength(length) ? RECORD_HEADER_BYTES + length : 0;
}
