import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import {
  ROOT,
  ROOT_BYTES,
  TAG_EPOCH_BARRIER,
  type WalEntry,
} from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { groupMark } from '../../../src/engine/wal/format/group-mark.js';
import { HEADER, RECORD_HEADER_BYTES } from '../../../src/engine/wal/format/record.js';
import { entryOf, recordAround, recordOf } from './segment-builder.js';

const USUAL_VALUE = new Uint8Array(100).fill(0x42);
const BAD_BYTE = Uint8Array.of(0x5a);
/** Behind a record of 80 bytes. */
const BAD_BYTES = new Uint8Array(20).fill(0x5a);
/** More than the pieces of any record here. */
const PIECES_BYTES_MAX = 4096;
/** A record of a group's mark is longer. */
const MARK_BYTES_MAX = 256;
const OTHER_CORE = 7;
const OTHER_EPOCH = 9n;
const FAR_ON = 1000n;
/** A lag that proves nothing. */
const LAG_MAX = 0xffff_ffff;

/** Segments of about so many bytes, in which something is to be found at every few hundred of them. */
export const CROWDED_SEGMENTS: Readonly<Record<string, (size: number) => Uint8Array>> = {
  'good records, each followed by one bad byte': each((sequence) => [usual(sequence), BAD_BYTE]),
  'a finding every hundred bytes': each((sequence) => [short(sequence), BAD_BYTES]),
  'records whose checksum alone is wrong': each((sequence) => [wrongSum(usual(sequence))]),
  'good records and such with a wrong checksum by turns': each((sequence) => [
    sequence % 2n === 0n ? usual(sequence) : wrongSum(usual(sequence)),
  ]),
  'good records and such of another core by turns': each((sequence) => [
    usual(sequence),
    usual(sequence, { coreId: OTHER_CORE }),
  ]),
  'records that all stand there twice': each((sequence) => [usual(sequence), usual(sequence)]),
  'records that are all far on in the numbering': each((sequence) => [usual(sequence * FAR_ON)]),
  'barriers that close another epoch than their own': each((sequence) => [
    usual(sequence, { operation: { op: 'epochBarrier', barrierEpoch: OTHER_EPOCH } }),
  ]),
  'whole records of an operation that is not known': each((sequence) => [unknown(sequence)]),
  'marks of groups that all claim the far end': groupsToTheEnd,
};

/** A segment of the pieces of one record after the other. */
function each(piecesOf: (sequence: bigint) => readonly Uint8Array[]): (size: number) => Uint8Array {
  return (size) => {
    const bytes = new Uint8Array(size + PIECES_BYTES_MAX);
    let at = 0;
    for (let sequence = 0n; at < size; sequence += 1n) {
      for (const piece of piecesOf(sequence)) {
        bytes.set(piece, at);
        at += piece.length;
      }
    }
    return bytes.subarray(0, at);
  };
}

/** A record of 192 bytes, as a put of an ordinary key and value makes it. */
function usual(sequence: bigint, fields: Partial<WalEntry> = {}): Uint8Array {
  const key = toUtf8(`user:${String(sequence).padStart(9, '0')}`);
  return recordOf(
    entryOf({ sequence, lag: 0, operation: { op: 'put', key, value: USUAL_VALUE }, ...fields }),
  );
}

function short(sequence: bigint): Uint8Array {
  return recordOf(entryOf({ sequence, lag: 0, operation: { op: 'delete', key: BAD_BYTE } }));
}

function wrongSum(record: Uint8Array): Uint8Array {
  record[HEADER.crc]! ^= 1;
  return record;
}

function unknown(sequence: bigint): Uint8Array {
  const data = usual(sequence).slice(RECORD_HEADER_BYTES);
  data[data.length - ROOT_BYTES + ROOT.tag] = TAG_EPOCH_BARRIER + 1;
  return recordAround(data);
}

/** Each group is of all the records that follow its mark. */
function groupsToTheEnd(size: number): Uint8Array {
  const end = BigInt(Math.floor(size / MARK_BYTES_MAX));
  return each((sequence) => [
    usual(sequence, {
      lag: LAG_MAX,
      operation: { op: 'commit', offsets: groupMark(new Map([[0, end]])), watermark: undefined },
    }),
  ])(size);
}
