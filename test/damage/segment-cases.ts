import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeU32 } from '../../src/engine/bytes/halves.js';
import { ROOT, ROOT_BYTES } from '../../src/engine/rkyv/entry/wal-entry-format.js';
import { entryOf, recordAround, recordOf, records } from '../engine/wal/segment-builder.js';
import { fixturePath } from '../support/fixtures.js';
import { damaged, noticed, torn, type Damaged, type DamageCase } from './case.js';
import { append, bytesAt, cutAt, flip, overwrite, splice } from './edits.js';
import { goodSegment, keyOf, recordsOfSegment, valueOf, type PlacedRecord } from './good.js';

/** A record in the middle, with those beside it. */
const CHOSEN = 7;

interface Segment {
  readonly file: string;
  readonly records: readonly PlacedRecord[];
  readonly chosen: PlacedRecord;
  readonly last: PlacedRecord;
  readonly end: number;
}

function segmentCase(
  name: string,
  damageClass: DamageCase['class'],
  damage: (segment: Segment) => Damaged,
): DamageCase {
  const make = (folder: string): Damaged => {
    const file = path.join(folder, 'wal-0.log');
    goodSegment(file);
    const placed = recordsOfSegment(file);
    const last = placed.at(-1)!;
    const end = last.offset + last.bytes;
    return damage({ file, records: placed, chosen: placed[CHOSEN]!, last, end });
  };
  return { name, class: damageClass, make };
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, value);
  return bytes;
}

/** LaminarDB's own: records without lags. */
function laminarSegment(file: string, ...pieces: readonly Uint8Array[]): void {
  cpSync(fixturePath('wal-cores/wal-0.log'), file);
  for (const piece of pieces) append(file, piece);
}

/** What can be wrong with one segment of a write-ahead log. */
export const SEGMENT_CASES: readonly DamageCase[] = [
  segmentCase('segment-cut-in-its-last-record', 'torn-tail', ({ file, last }) => {
    cutAt(file, last.offset + 100);
    return torn(file, 'torn-tail', { offset: last.offset, bytes: 100 });
  }),
  segmentCase('segment-with-a-flipped-bit-in-its-last-record', 'torn-tail', ({ file, last }) => {
    flip(file, last.offset + 50);
    return torn(file, 'torn-tail', { offset: last.offset, bytes: last.bytes });
  }),
  segmentCase('segment-followed-by-zeros', 'zero-tail', ({ file, end }) => {
    append(file, new Uint8Array(5_000));
    return torn(file, 'zero-tail', { offset: end, bytes: 5_000 });
  }),
  segmentCase('segment-with-a-flipped-bit', 'checksum-mismatch', ({ file, chosen }) => {
    flip(file, chosen.offset + 50);
    return damaged(file, 'checksum-mismatch', chosen);
  }),
  segmentCase('segment-with-a-flipped-bit-in-a-checksum', 'checksum-mismatch', ({ file, chosen }) => {
    flip(file, chosen.offset + 5);
    return damaged(file, 'checksum-mismatch', chosen);
  }),
  segmentCase('segment-with-a-key-that-claims-more', 'checksum-mismatch', ({ file, chosen }) => {
    overwrite(file, chosen.offset + chosen.bytes - ROOT_BYTES + ROOT.key + 4, u32(40));
    return damaged(file, 'checksum-mismatch', chosen);
  }),
  segmentCase(
    'segment-with-a-burst-over-two-records',
    'checksum-mismatch',
    ({ file, records: all, chosen }) => {
      const next = all[CHOSEN + 1]!;
      overwrite(file, next.offset - 4, Buffer.alloc(8, 0xa5));
      return damaged(file, 'checksum-mismatch', { offset: chosen.offset, bytes: chosen.bytes + next.bytes });
    },
  ),
  segmentCase('segment-with-a-length-past-the-end', 'bad-length', ({ file, chosen }) => {
    overwrite(file, chosen.offset, u32(0x0fff_fff8));
    return damaged(file, 'bad-length', chosen);
  }),
  segmentCase('segment-with-a-length-of-zero', 'bad-length', ({ file, chosen }) => {
    overwrite(file, chosen.offset, u32(0));
    return damaged(file, 'bad-length', chosen);
  }),
  segmentCase('segment-with-a-zeroed-block', 'bad-length', ({ file, records: all, chosen }) => {
    const last = all[CHOSEN + 6]!;
    overwrite(file, chosen.offset, new Uint8Array(4_096));
    return damaged(file, 'bad-length', {
      offset: chosen.offset,
      bytes: last.offset + last.bytes - chosen.offset,
    });
  }),
  segmentCase('segment-with-bytes-that-are-no-record', 'undecodable', ({ file, chosen }) => {
    overwrite(file, chosen.offset, recordAround(Buffer.alloc(chosen.bytes - 8, 0xee)));
    return damaged(file, 'undecodable', chosen);
  }),
  segmentCase('segment-without-a-record', 'sequence-gap', ({ file, chosen }) => {
    splice(file, chosen.offset, chosen.bytes);
    return damaged(file, 'sequence-gap', { offset: chosen.offset, bytes: 0 });
  }),
  segmentCase('segment-with-a-doubled-record', 'sequence-repeat', ({ file, chosen }) => {
    const after = chosen.offset + chosen.bytes;
    splice(file, after, 0, bytesAt(file, chosen.offset, chosen.bytes));
    return damaged(file, 'sequence-repeat', { offset: after, bytes: chosen.bytes });
  }),
  {
    name: 'segment-of-laminardb-that-was-reopened',
    class: 'sequence-repeat',
    make: (folder) => {
      const file = path.join(folder, 'wal-0.log');
      laminarSegment(file);
      const { length } = readFileSync(file);
      append(file, Buffer.concat(records(3, 0n, { epoch: 3n, timestampNs: 1_880_000_000_000_000_000n })));
      return noticed(file, 'sequence-repeat', { offset: length, bytes: 0 });
    },
  },
  segmentCase('segment-with-a-record-of-another-core', 'wrong-core', ({ file, chosen }) => {
    const sequence = BigInt(CHOSEN);
    const operation = { op: 'put', key: keyOf(1), value: valueOf(1) } as const;
    const strange = recordOf(entryOf({ coreId: 5, sequence, operation, lag: 0 }));
    splice(file, chosen.offset, 0, strange);
    return damaged(file, 'wrong-core', { offset: chosen.offset, bytes: strange.length });
  }),
  segmentCase('segment-with-a-record-of-an-earlier-epoch', 'misplaced-epoch', ({ file, chosen }) => {
    const sequence = BigInt(CHOSEN);
    const operation = { op: 'put', key: keyOf(CHOSEN), value: valueOf(CHOSEN) } as const;
    const strange = recordOf(entryOf({ epoch: 0n, sequence, operation, lag: 0 }));
    splice(file, chosen.offset, chosen.bytes, strange);
    return damaged(file, 'misplaced-epoch', { offset: chosen.offset, bytes: strange.length });
  }),
  {
    name: 'folder-without-a-segment',
    class: 'missing-segment',
    make: (folder) => {
      const wal = path.join(folder, 'wal');
      cpSync(fixturePath('wal-cores'), wal, {
        recursive: true,
        filter: (from) => path.basename(from) !== 'wal-2.log',
      });
      return damaged(wal, 'missing-segment', { offset: 0 });
    },
  },
];
