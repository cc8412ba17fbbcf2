import type { FileDescriptor, FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { HEADER_BYTES } from '../../fold/format/format.js';
import type { FoldRecord } from '../../fold/format/record.js';
import { FoldScanner } from '../../fold/scan/scanner.js';

/** A record's place, and what tells it from others. */
export interface RecordPlace {
  readonly offset: number;
  readonly end: number;
  /** Its checksum, type and length. */
  readonly mark: string;
}

/** Good records that lie one behind the other. */
export interface Stretch {
  readonly offset: number;
  readonly end: number;
  readonly records: number;
  readonly first: RecordPlace;
  readonly last: RecordPlace;
}

/** The good records of a fold log, in stretches. */
export interface FoldStretches {
  readonly path: string;
  readonly status: FileStatus;
  readonly stretches: readonly Stretch[];
}

/**
 * Reads the good stretches of a fold log.
 * @param onRecord is shown each good record, which is lent for the call
 */
export function foldStretches(
  fileSystem: FileSystem,
  path: string,
  onRecord?: (record: FoldRecord, place: RecordPlace) => void,
): FoldStretches {
  const descriptor = fileSystem.openRead(path);
  try {
    const status = fileSystem.statusOf(descriptor);
    return { path, status, stretches: [...stretchesIn(fileSystem, path, descriptor, status.size, onRecord)] };
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

function* stretchesIn(
  fileSystem: FileSystem,
  path: string,
  descriptor: FileDescriptor,
  size: number,
  onRecord?: (record: FoldRecord, place: RecordPlace) => void,
): Generator<Stretch, void> {
  const scanner = new FoldScanner({ fileSystem, path, descriptor, size }, { tornTail: 'show' });
  let stretch: Stretch | undefined;
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    if (step === 'finding') continue;
    const { record } = scanner;
    const place = placeOf(record);
    onRecord?.(record, place);
    const { offset, end } = place;
    if (stretch?.end === offset) {
      stretch = { ...stretch, end, records: stretch.records + 1, last: place };
      continue;
    }
    if (stretch !== undefined) yield stretch;
    stretch = { offset, end, records: 1, first: place, last: place };
  }
  if (stretch !== undefined) yield stretch;
}

function placeOf({ offset, length, type, storedChecksum }: FoldRecord): RecordPlace {
  return { offset, end: offset + length, mark: `${storedChecksum}/${type}/${length}` };
}

/** Bytes of a fold log between two stretches of good records, either of which may not be there. */
export interface FoldGap {
  readonly before: Stretch | undefined;
  readonly after: Stretch | undefined;
  readonly start: number;
  readonly end: number;
}

/** All gaps, also those of no bytes at the start and at the end: a replica may know of records there. */
export function gapsOf({ stretches, status }: FoldStretches): FoldGap[] {
  const start = Math.min(HEADER_BYTES, status.size);
  const gaps = stretches.map((after, index): FoldGap => {
    const before = stretches[index - 1];
    return { before, after, start: before?.end ?? start, end: after.offset };
  });
  const before = stretches.at(-1);
  return [...gaps, { before, after: undefined, start: before?.end ?? start, end: status.size }];
}
