import test from 'ava';
import fc from 'fast-check';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { StateSnapshot } from '../../../src/engine/state/store/state-snapshot.js';

const entryOf = fc.record({ key: fc.uint8Array({ maxLength: 20 }), value: fc.uint8Array({ maxLength: 30 }) });
const snapshotOf = fc
  .tuple(fc.array(entryOf, { maxLength: 30 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
  .map(([data, timestampNs]) => new StateSnapshot(data, timestampNs));

function linesOf(snapshot: StateSnapshot): string[] {
  return [
    `${snapshot.timestampNs}`,
    ...snapshot.data.map(({ key, value }) => `${toHex(key)} ${toHex(value)}`),
  ];
}

function repeated(byte: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

/** Made by LaminarDB 0.18.3: StateSnapshot::new(entries).to_bytes(). */
const MADE_BY_LAMINAR: readonly { readonly snapshot: StateSnapshot; readonly hex: string }[] = [
  {
    snapshot: new StateSnapshot([], 0x18e9eb4ac41e630dn),
    hex: '0000000000000000' + '0d631ec44aebe918' + '0100000000000000',
  },
  {
    snapshot: new StateSnapshot([{ key: Buffer.from('key'), value: repeated(0, 0) }], 0x18e9eb4ac582b071n),
    hex:
      '6b657900' +
      'fcffffff03000000f7ffffff00000000' +
      '00000000' +
      'ecffffff01000000' +
      '71b082c54aebe918' +
      '0100000000000000',
  },
  {
    snapshot: new StateSnapshot(
      [
        { key: Buffer.from('key'), value: repeated(0, 0) },
        { key: repeated(0, 0), value: repeated(0, 0) },
        { key: Buffer.from('key2'), value: repeated(2, 14) },
      ],
      0x18e9eb4ac7bce5ean,
    ),
    hex:
      '6b65796b6579320202020202020202020202020202' +
      '000000' +
      'e8ffffff03000000e3ffffff00000000' +
      'dbffffff00000000d3ffffff00000000' +
      'cbffffff04000000c7ffffff0e000000' +
      'd0ffffff03000000' +
      'eae5bcc74aebe918' +
      '0100000000000000',
  },
];

for (const { snapshot, hex } of MADE_BY_LAMINAR) {
  test(`a snapshot of ${snapshot.length} entries has the bytes that LaminarDB gives it`, (t) => {
    t.is(toHex(snapshot.toBytes()), hex);
    t.deepEqual(linesOf(StateSnapshot.fromBytes(Buffer.from(hex, 'hex'))), linesOf(snapshot));
  });
}

test('a snapshot read back is the same', (t) => {
  const property = fc.property(snapshotOf, (snapshot) => {
    const read = StateSnapshot.fromBytes(snapshot.toBytes());
    return linesOf(read).join() === linesOf(snapshot).join() && read.sizeBytes === snapshot.sizeBytes;
  });
  t.notThrows(() => fc.assert(property, { numRuns: 300 }));
});

test('no bytes make reading a snapshot fail otherwise than by saying that it is damaged', (t) => {
  const mutation = fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.nat(40) });
  const property = fc.property(snapshotOf, mutation, (snapshot, { at, byte, cut }) => {
    const bytes = snapshot.toBytes();
    bytes[at % bytes.length] = byte;
    try {
      StateSnapshot.fromBytes(bytes.subarray(0, bytes.length - (at % 3 === 0 ? cut : 0)));
      return true;
    } catch (error) {
      return isStatelogError(error, 'DAMAGED') || isStatelogError(error, 'UNSUPPORTED_VERSION');
    }
  });
  t.notThrows(() => fc.assert(property, { numRuns: 2000 }));
});

test('entries that point at the same bytes are refused, lest few bytes become many', (t) => {
  const bytes = new StateSnapshot(
    [
      { key: Buffer.from('a'), value: repeated(1, 100) },
      { key: Buffer.from('b'), value: repeated(1, 0) },
    ],
    0n,
  ).toBytes();
  const view = new DataView(bytes.buffer);
  const entriesAt = 104;
  const lastVec = entriesAt + 24;
  view.setInt32(lastVec, 1 - lastVec, true);
  view.setUint32(lastVec + 4, 100, true);
  t.throws(() => StateSnapshot.fromBytes(bytes), { code: 'DAMAGED' });
});

test('a store restored from a snapshot has its content, whatever was there before', (t) => {
  const store = MmapStateStore.inMemory(0, { clock: { read: () => undefined, nowNs: () => 77n } });
  for (const key of ['b', 'a', 'c']) store.put(Buffer.from(key), Buffer.from(key.repeat(3)));
  const snapshot = StateSnapshot.fromBytes(store.snapshot().toBytes());
  t.is(snapshot.timestampNs, 77n);
  t.false(snapshot.isEmpty);
  store.put(Buffer.from('later'), Buffer.from('x'));
  store.delete(Buffer.from('a'));
  store.restore(snapshot);
  const keys = [...store.scan()].map(({ key }) => Buffer.from(key).toString());
  t.deepEqual(keys, ['a', 'b', 'c']);
  t.is(store.sizeBytes, snapshot.sizeBytes);
  t.is(store.fragmentation, 0);
});
