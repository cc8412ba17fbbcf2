import { TAG_PUT, walEntryBytes } from '../../src/engine/rkyv/entry/wal-entry-format.js';
import { RECORD_HEADER_BYTES } from '../../src/engine/wal/format/record.js';
import { CoreWalWriter } from '../../src/engine/wal/write/writer.js';
import type { BenchTask } from '../frame/task.js';

/** A new, empty segment. Its name is not made durable, as the originals' is not. */
export function newSegment(task: BenchTask): CoreWalWriter {
  return CoreWalWriter.create(0, task.fresh('segment', 'wal-0.log'), { syncFolder: false });
}

/** How long the record of a put is. */
export function recordBytes(keyLength: number, valueLength: number): number {
  return RECORD_HEADER_BYTES + walEntryBytes(TAG_PUT, keyLength, valueLength);
}
