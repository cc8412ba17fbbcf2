import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32 } from '../../../../src/engine/bytes/crc/checksum.js';
import { writeU16, writeU32 } from '../../../../src/engine/bytes/halves.js';
import {
  FIELDS_AT,
  FORMAT_VERSION,
  HEADER_BYTES,
  KEY_AT,
  MAGIC,
  PUT_OVERHEAD_BYTES,
  PUT_TYPE,
  TYPE_AT,
  VALUE_LENGTH_BYTES,
} from '../../../../src/engine/fold/format/format.js';

const KEY_BYTES = 8;
const RECORD_BYTES = PUT_OVERHEAD_BYTES + KEY_BYTES + 1;
/** Records that are made at a time: the number of records of a log is a multiple of it. */
const BATCH = 50_000;

/** The key of a record of such a log, and its place. */
export function keyOfRecord(record: number): string {
  return String(record).padStart(KEY_BYTES, '0');
}

export function offsetOfRecord(record: number): number {
  return HEADER_BYTES + record * RECORD_BYTES;
}

/** A fold log of so many records, with keys that count up. */
export function largeLog(file: string, count: number): void {
  const descriptor = openSync(file, 'w');
  const header = Buffer.alloc(HEADER_BYTES);
  header.set(MAGIC);
  header.writeUInt16LE(FORMAT_VERSION, MAGIC.length);
  writeSync(descriptor, header);
  const batch = new Uint8Array(BATCH * RECORD_BYTES);
  for (let done = 0; done < count; done += BATCH) {
    for (let index = 0; index < BATCH; index++) {
      const start = index * RECORD_BYTES;
      batch[start + TYPE_AT] = PUT_TYPE;
      writeU16(batch, start + FIELDS_AT, KEY_BYTES);
      batch.set(Buffer.from(keyOfRecord(done + index)), start + KEY_AT);
      writeU32(batch, start + KEY_AT + KEY_BYTES, 1);
      batch[start + KEY_AT + KEY_BYTES + VALUE_LENGTH_BYTES] = 0x76;
      writeU32(batch, start, crc32(batch, start + TYPE_AT, start + RECORD_BYTES));
    }
    writeSync(descriptor, batch);
  }
  closeSync(descriptor);
}
