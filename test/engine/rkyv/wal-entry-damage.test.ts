import test from 'ava';
import fc from 'fast-check';
import { writeU32 } from '../../../src/engine/bytes/halves.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { encodeWalEntry } from '../../support/wal-entry-bytes.js';
import type { WalOperation } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { WalEntryView } from '../../../src/engine/rkyv/entry/wal-entry-view.js';
import { arbitraryChanges, arbitraryEntry, mutate } from './arbitrary-entries.js';
import { fixtureBytes, recordsOf } from './fixture-records.js';

const view = new WalEntryView();

/** Decodes, and reads all there is to read: nothing of it may throw, whatever the bytes. */
function decodeAll(bytes: Uint8Array): string | undefined {
  const reason = view.decode(bytes, 0, bytes.length);
  if (reason !== undefined) return reason;
  const { operation } = view.toEntry();
  if (operation.op === 'put' || operation.op === 'delete') {
    const end = view.keyStart + view.keyLength;
    if (view.keyStart < 0 || end > bytes.length - 64) throw new Error('the key is out of bounds');
    if (
      operation.op === 'put' &&
      (view.valueStart < end || view.valueStart + view.valueLength > bytes.length - 64)
    ) {
      throw new Error('the value is out of bounds');
    }
  }
  return undefined;
}

function encode(operation: WalOperation): Uint8Array {
  return encodeWalEntry({ epoch: 1n, sequence: 2n, coreId: 3, timestampNs: 4n, operation, lag: 5 });
}

test('whatever is done to an entry, it decodes to something within its bytes, or not at all', (t) => {
  const property = fc.property(arbitraryEntry, arbitraryChanges, (entry, changes) => {
    decodeAll(mutate(encodeWalEntry(entry), changes));
  });
  t.notThrows(() => fc.assert(property, { numRuns: 20_000 }));
});

test('random bytes decode to something within them, or not at all', (t) => {
  const property = fc.property(fc.uint8Array({ minLength: 0, maxLength: 400 }), (bytes) => {
    decodeAll(bytes.subarray(0, bytes.length & ~7));
    decodeAll(bytes);
  });
  t.notThrows(() => fc.assert(property, { numRuns: 5000 }));
});

test('no truncation and no flipped bit of a fixture record throws', (t) => {
  const records = recordsOf(fixtureBytes('wal-ops/wal-0.log')).filter(({ data }) => data.length < 600);
  let decoded = 0;
  for (const { data } of records) {
    for (let length = 0; length < data.length; length++) {
      decodeAll(data.subarray(0, length));
      decodeAll(data.subarray(data.length - length));
    }
    for (let bit = 0; bit < data.length * 8; bit++) {
      const flipped = data.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      decodeAll(flipped);
      decoded++;
    }
  }
  t.true(decoded > 50_000);
});

test('padding may hold anything', (t) => {
  const entry = encode({ op: 'put', key: toUtf8('k'), value: toUtf8('v') });
  const root = entry.length - 64;
  const padded = entry.slice();
  for (const [start, end] of [
    [2, 8],
    [root + 18, root + 24],
    [root + 33, root + 36],
    [root + 52, root + 64],
  ] as const) {
    padded.fill(0xee, start, end);
  }
  t.is(view.decode(padded, 0, padded.length), undefined);
  t.deepEqual(view.toEntry().operation, { op: 'put', key: toUtf8('k'), value: toUtf8('v') });
  t.is(view.lag, -1, 'a mark of another kind is no lag');
});

interface Damage {
  readonly operation: WalOperation;
  /** Field of the root, and the u32 put there. */
  readonly field: number;
  readonly value: number;
  readonly reason: string;
}

const PUT: WalOperation = { op: 'put', key: toUtf8('12345678'), value: toUtf8('abcdefgh') };
const COMMIT: WalOperation = {
  op: 'commit',
  offsets: new Map([
    ['short', 1n],
    ['a name that is long', 2n],
  ]),
  watermark: 1n,
};

const DAMAGES: readonly Damage[] = [
  { operation: PUT, field: 32, value: 5, reason: 'an unknown operation' },
  { operation: PUT, field: 36, value: -53, reason: 'the key lies out of bounds' },
  { operation: PUT, field: 36, value: 0, reason: 'the key lies out of bounds' },
  { operation: PUT, field: 36, value: 0x7fff_ffff, reason: 'the key lies out of bounds' },
  { operation: PUT, field: 36, value: 0x8000_0000, reason: 'the key lies out of bounds' },
  { operation: PUT, field: 40, value: 17, reason: 'the key lies out of bounds' },
  { operation: PUT, field: 40, value: 0xffff_ffff, reason: 'the key lies out of bounds' },
  { operation: PUT, field: 40, value: 9, reason: 'the value lies out of bounds' },
  { operation: PUT, field: 48, value: 9, reason: 'the value lies out of bounds' },
  { operation: PUT, field: 44, value: -53, reason: 'the value lies out of bounds' },
  {
    operation: { op: 'delete', key: toUtf8('k') },
    field: 40,
    value: 9,
    reason: 'the key lies out of bounds',
  },
  { operation: COMMIT, field: 40, value: 3, reason: 'a map has more names than slots' },
  { operation: COMMIT, field: 40, value: 1, reason: 'a map has not as many names as it claims' },
  { operation: COMMIT, field: 44, value: 0xffff_ffff, reason: 'a map lies out of bounds' },
  { operation: COMMIT, field: 44, value: 0x1000_0000, reason: 'a map lies out of bounds' },
  { operation: COMMIT, field: 36, value: 1, reason: 'a map lies out of bounds' },
  { operation: COMMIT, field: 36, value: 0x8000_0000, reason: 'a map lies out of bounds' },
  { operation: COMMIT, field: 36, value: -67, reason: 'a map is not aligned' },
  { operation: COMMIT, field: 48, value: 2, reason: 'the watermark is neither there nor missing' },
];

for (const { operation, field, value, reason } of DAMAGES) {
  test(`a ${operation.op} with ${value} at ${field} is refused: ${reason}`, (t) => {
    const entry = encode(operation);
    t.is(view.decode(entry, 0, entry.length), undefined);
    writeU32(entry, entry.length - 64 + field, value);
    t.is(view.decode(entry, 0, entry.length), reason);
  });
}

test('a value may not reach back into the key', (t) => {
  const entry = encode(PUT);
  const root = entry.length - 64;
  writeU32(entry, root + 44, -(root + 44) + 7);
  writeU32(entry, root + 48, 2);
  t.is(view.decode(entry, 0, entry.length), 'the value lies out of bounds');
});

test('an entry that is too short, or not a multiple of 8, is refused', (t) => {
  const entry = encode(PUT);
  t.is(view.decode(entry, entry.length - 56, entry.length), 'shorter than an entry can be');
  t.is(view.decode(entry, 1, entry.length), 'the length is not a multiple of 8');
  t.is(view.decode(new Uint8Array(), 0, 0), 'shorter than an entry can be');
});

test('a range outside the buffer is a wrong call', (t) => {
  t.throws(() => view.decode(new Uint8Array(64), 0, 72), { instanceOf: RangeError });
});
