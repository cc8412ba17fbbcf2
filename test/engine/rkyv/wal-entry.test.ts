import test from 'ava';
import fc from 'fast-check';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import {
  createWalEntryHeader,
  encodeNumbered,
  encodeCommit,
} from '../../../src/engine/rkyv/entry/wal-entry-encoder.js';
import { encodeWalEntry } from '../../support/wal-entry-bytes.js';
import {
  TAG_CHECKPOINT,
  TAG_EPOCH_BARRIER,
  type WalEntry,
  walEntryBytes,
} from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { WalEntryView } from '../../../src/engine/rkyv/entry/wal-entry-view.js';
import { arbitraryEntry } from './arbitrary-entries.js';

const FILL = 0xa5;
const key = toUtf8('order/17');
const value = toUtf8('three pieces');

const put: WalEntry = {
  epoch: 1n,
  sequence: 2n,
  coreId: 3,
  timestampNs: -4n,
  operation: { op: 'put', key, value },
  lag: undefined,
};

test('any entry comes back from its bytes, wherever they lie in a buffer', (t) => {
  const view = new WalEntryView();
  const property = fc.property(arbitraryEntry, fc.nat(9), (entry, before) => {
    const encoded = encodeWalEntry(entry);
    t.is(encoded.length % 8, 0);
    const buffer = new Uint8Array(before + encoded.length + 5).fill(FILL);
    buffer.set(encoded, before);
    t.is(view.decode(buffer, before, before + encoded.length), undefined);
    t.deepEqual(sorted(view.toEntry()), sorted(entry));
  });
  fc.assert(property, { numRuns: 500 });
});

/** The order of a Map's names is not part of what an entry says. */
function sorted(entry: WalEntry): unknown {
  if (entry.operation.op !== 'commit') return entry;
  const offsets = [...entry.operation.offsets].sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...entry, operation: { ...entry.operation, offsets } };
}

test('a Commit has the same bytes whatever the order of its names', (t) => {
  const property = fc.property(arbitraryEntry, ({ operation }) => {
    if (operation.op !== 'commit') return;
    const header = createWalEntryHeader();
    const reversed = new Map([...operation.offsets].reverse());
    t.deepEqual(
      encodeCommit(header, reversed, operation.watermark),
      encodeCommit(header, operation.offsets, operation.watermark),
    );
  });
  fc.assert(property);
});

test('an entry of a number is written where it is asked for, and nothing beside it changes', (t) => {
  const header = { ...createWalEntryHeader(), lag: 5 };
  for (const tag of [TAG_CHECKPOINT, TAG_EPOCH_BARRIER] as const) {
    const size = walEntryBytes(tag, 0, 0);
    const [used, clean] = [new Uint8Array(200).fill(FILL), new Uint8Array(200)];
    for (const into of [used, clean]) encodeNumbered(into, 13, header, tag, 2n ** 33n + 1n);
    t.deepEqual(
      used.subarray(13, 13 + size),
      clean.subarray(13, 13 + size),
      'old bytes do not shine through',
    );
    t.true([...used.subarray(0, 13), ...used.subarray(13 + size)].every((byte) => byte === FILL));
    t.throws(
      () => {
        encodeNumbered(new Uint8Array(size + 12), 13, header, tag, 1n);
      },
      { instanceOf: RangeError },
    );
  }
});

test('the lag stands in what the original takes for padding, and nowhere else', (t) => {
  const without = encodeWalEntry(put);
  const withLag = encodeWalEntry({ ...put, lag: 0x0102_0304 });
  const root = without.length - 64;
  const changed = [...withLag.keys()].filter((at) => withLag[at] !== without[at]).map((at) => at - root);
  t.deepEqual(changed, [18, 20, 21, 22, 23]);
  t.deepEqual([...withLag.subarray(root + 18, root + 24)], [1, 0, 4, 3, 2, 1]);
});

test('a lag that does not fit is not said', (t) => {
  const into = new Uint8Array(200);
  const view = new WalEntryView();
  for (const [lag, expected] of [
    [0, 0],
    [0xffff_ffff, 0xffff_ffff],
    [0x1_0000_0000, -1],
    [-1, -1],
  ] as const) {
    encodeNumbered(into, 0, { ...createWalEntryHeader(), lag }, TAG_CHECKPOINT, 1n);
    t.is(view.decode(into, 0, 64), undefined);
    t.is(view.lag, expected);
  }
});

test('fields are read as unsigned halves, and as numbers of 64 bits', (t) => {
  const encoded = encodeWalEntry({ ...put, epoch: 2n ** 64n - 2n, sequence: 2n ** 32n + 7n });
  const view = new WalEntryView();
  t.is(view.decode(encoded, 0, encoded.length), undefined);
  t.deepEqual([view.epochLow, view.epochHigh], [0xffff_fffe, 0xffff_ffff]);
  t.deepEqual([view.sequenceLow, view.sequenceHigh], [7, 1]);
  t.deepEqual([view.timestampLow, view.timestampHigh], [0xffff_fffc, 0xffff_ffff]);
  t.deepEqual([view.epoch, view.sequence, view.timestampNs], [2n ** 64n - 2n, 2n ** 32n + 7n, -4n]);
});

test('a copy outlives the buffer, and is a plain Uint8Array even out of a Buffer', (t) => {
  const buffer = Buffer.from(encodeWalEntry(put));
  const view = new WalEntryView();
  t.is(view.decode(buffer, 0, buffer.length), undefined);
  const { operation } = view.toEntry();
  buffer.fill(0);
  t.deepEqual(operation, put.operation);
});

for (const [what, operation] of [
  ['an offset past u64', { op: 'commit', offsets: new Map([['a', 2n ** 64n]]), watermark: undefined }],
  ['a watermark past i64', { op: 'commit', offsets: new Map(), watermark: 2n ** 63n }],
] as const) {
  test(`${what} is not encoded`, (t) => {
    t.throws(() => encodeWalEntry({ ...put, operation }), { instanceOf: RangeError });
  });
}

test('a name with half a surrogate pair is not encoded', (t) => {
  const offsets = new Map([['\ud800', 1n]]);
  t.throws(() => encodeCommit(createWalEntryHeader(), offsets, undefined), { code: 'INVALID_ARGUMENT' });
});
