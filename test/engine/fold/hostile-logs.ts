import { crc32 } from '../../../src/engine/bytes/crc/checksum.js';
import { writeU32 } from '../../../src/engine/bytes/halves.js';
import {
  FIELDS_AT,
  HEADER_BYTES,
  KEY_AT,
  PUT_TYPE,
  TYPE_AT,
} from '../../../src/engine/fold/format/format.js';
import { GROUP_MARK_KEY } from '../../../src/engine/fold/format/group-mark.js';
import { headerBytes } from '../../../src/engine/fold/format/header.js';
import { cursorRecord, deleteRecord, putRecord } from './log-bytes.js';

const VALUE = new Uint8Array(100).fill(0x42);
const BAD_BYTE = Uint8Array.of(0x5a);
const ZEROS = new Uint8Array(64);
const PIECES_BYTES_MAX = 4096;
const OTHER_TYPE = 9;
/** Just within the limit, and just past it. */
const LONG_VALUES = [0x0400_0000, 0x0400_0001] as const;
const ROW_RECORDS = 20;

/** Fold logs of about so many bytes that are made to be slow, or in which something is to be found at every few bytes. */
export const HOSTILE_LOGS: Readonly<Record<string, (size: number) => Uint8Array>> = {
  'puts whose checksum alone is wrong': each((index) => [wrongSum(put(index))]),
  'good puts and such with a wrong checksum by turns': each((index) => [
    index % 2 === 0 ? put(index) : wrongSum(put(index)),
  ]),
  'good puts, each followed by one bad byte': each((index) => [put(index), BAD_BYTE]),
  'good puts and cursors, each followed by a hole of zeros': each((index) => [
    put(index),
    cursorRecord(BigInt(index)),
    ZEROS,
  ]),
  'heads of puts with values of the longest length': each((index) => [headOfPut(LONG_VALUES[0], index)]),
  'heads of puts with values past the longest length': each((index) => [headOfPut(LONG_VALUES[1], index)]),
  'records of an unknown type with the right checksum': each((index) => [unknown(index)]),
  'bytes of an unknown type with no checksum': each((index) => [put(index), unknown(index).subarray(1)]),
  'marks of groups without a cursor': each((index) => [
    deleteRecord(new TextDecoder().decode(GROUP_MARK_KEY)),
    put(index),
  ]),
  'bad puts that hold rows of good ones': each((index) => [
    wrongSum(putRecord(keyOf(index), joined(Array.from({ length: ROW_RECORDS }, (_, row) => put(row))))),
  ]),
  'keys that descend': each((index) => [putRecord(keyOf(1_000_000_000 - index), VALUE)]),
  'good puts, then zeros': (size) => {
    const bytes = new Uint8Array(size);
    const puts = each((index) => [put(index)])(size >> 1);
    bytes.set(puts.subarray(0, size));
    return bytes;
  },
};

/** A log of the pieces of one record after the other. */
function each(piecesOf: (index: number) => readonly Uint8Array[]): (size: number) => Uint8Array {
  return (size) => {
    const bytes = new Uint8Array(size + PIECES_BYTES_MAX);
    bytes.set(headerBytes());
    let at = HEADER_BYTES;
    for (let index = 0; at < size; index++) {
      for (const piece of piecesOf(index)) {
        bytes.set(piece, at);
        at += piece.length;
      }
    }
    return bytes.subarray(0, at);
  };
}

function keyOf(index: number): string {
  return `user:${String(index).padStart(10, '0')}`;
}

function put(index: number): Uint8Array {
  return putRecord(keyOf(index), VALUE);
}

function wrongSum(record: Uint8Array): Uint8Array {
  record[0]! ^= 1;
  return record;
}

/** No more of a put than its lengths; the key is empty. */
function headOfPut(valueLength: number, index: number): Uint8Array {
  const head = new Uint8Array(KEY_AT + 4);
  writeU32(head, 0, index + 1);
  head[TYPE_AT] = PUT_TYPE;
  writeU32(head, KEY_AT, valueLength);
  return head;
}

function unknown(index: number): Uint8Array {
  const record = put(index);
  record[TYPE_AT] = OTHER_TYPE;
  record[FIELDS_AT] = 0;
  writeU32(record, 0, crc32(record, TYPE_AT));
  return record;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(pieces));
}
