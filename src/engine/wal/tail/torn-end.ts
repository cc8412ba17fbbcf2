import { readU32 } from '../../bytes/halves.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { cutMeanwhile } from '../../storage-io/whole/write-fully.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES } from '../format/record.js';
import type { Gap } from '../scan/gap.js';
import { RecordStream, type RecordStreamOptions } from '../scan/record-stream.js';
import type { WalScanOptions } from '../scan/scan-options.js';

/** The nature of a segment's torn end, as far as its bytes tell. */
export interface TornEnd {
  /** It can be one record and no more. */
  readonly isOneRecord: boolean;
  /** Good records in it. */
  readonly goodRecords: number;
}

/**
 * Looks at a torn end.
 * @param options how the segment is read, `end` included
 * @param stream stands behind the gap that the end begins with; it does not move
 * @param isLast false where what follows the gap is shown, record by record
 */
export function tornEnd(
  options: RecordStreamOptions,
  stream: RecordStream,
  gap: Gap,
  isLast: boolean,
): TornEnd {
  if (gap.nextGood < 0) return { isOneRecord: reachesEnd(options, gap.offset), goodRecords: 0 };
  return { isOneRecord: false, goodRecords: isLast ? countGood(options, stream) : 0 };
}

/** True where a record that starts there would reach to the end of the file, or past it. */
function reachesEnd({ fileSystem, descriptor, end }: RecordStreamOptions, offset: number): boolean {
  const header = new Uint8Array(RECORD_HEADER_BYTES);
  if (fileSystem.read(descriptor, header, 0, header.length, offset) < header.length) return true;
  // The page that it starts in never reached the disk.
  if (header.every((byte) => byte === 0)) return true;
  const length = readU32(header, HEADER.length);
  return isPlausibleLength(length) && offset + header.length + length >= end;
}

function countGood(options: RecordStreamOptions, stream: RecordStream): number {
  const ahead = new RecordStream(options);
  ahead.copyFrom(stream);
  let records = 0;
  for (let event = ahead.next(); event !== 'end'; event = ahead.next()) if (event === 'record') records += 1;
  return records;
}

/** True if the disk does not give a part out: it stands as zeros, and was there, so it is no unfinished write. */
export function isUnreadable(fileSystem: FileSystem, path: string, { offset, end }: Gap): boolean {
  return fileSystem.unreadable?.touches(path, offset, end - offset) === true;
}

/** @throws StatelogError `IO_FAILED` where the file was cut while it was read: what is missing is neither torn nor damaged */
export function refuseCut(
  path: string,
  { reader }: RecordStream,
  { mayBeCut }: Pick<WalScanOptions, 'mayBeCut'>,
): void {
  if (reader.window.wasCut && mayBeCut !== true) throw cutMeanwhile(path, reader.window.end);
}
