import test from 'ava';
import fc from 'fast-check';
import { blake3Hex } from '../../../src/engine/bytes/hash/blake3.js';
import { ContentDigest } from '../../../src/engine/bytes/hash/content-digest.js';

type Entry = readonly [Uint8Array, Uint8Array];

/** The definition: all of it in one buffer. */
function expectedDigest(entries: readonly Entry[]): string {
  const parts = entries.flatMap(([key, value]) => {
    const keyLength = Buffer.alloc(4);
    keyLength.writeUInt32LE(key.length);
    const valueLength = Buffer.alloc(8);
    valueLength.writeBigUInt64LE(BigInt(value.length));
    return [keyLength, key, valueLength, value];
  });
  return blake3Hex(Buffer.concat(parts));
}

const lengths = fc.oneof(fc.nat(100), fc.nat(3000), fc.constantFrom(65_524, 65_536, 65_537, 200_000));
const bytes = fc.tuple(lengths, fc.nat(255)).map(([length, fill]) => new Uint8Array(length).fill(fill));

test('the digest is BLAKE3 over the lengths and bytes of all entries, whatever their sizes', (t) => {
  const property = fc.property(fc.array(fc.tuple(bytes, bytes), { maxLength: 12 }), (entries) => {
    const digest = new ContentDigest();
    for (const [key, value] of entries) digest.add(key, value);
    t.is(digest.hex(), expectedDigest(entries));
    t.is(digest.keys, entries.length);
  });
  fc.assert(property, { numRuns: 60 });
});

test('the digest of no entries is BLAKE3 of nothing', (t) => {
  t.is(new ContentDigest().hex(), blake3Hex(new Uint8Array()));
});

test('keys and values may lie within larger buffers, and values may come in pieces', (t) => {
  const store = Uint8Array.from({ length: 500 }, (_, index) => index & 0xff);
  const entries: Entry[] = [
    [store.subarray(3, 13), store.subarray(100, 400)],
    [store.subarray(20, 21), store.subarray(0, 0)],
  ];
  const byParts = new ContentDigest();
  byParts.addParts(store, 3, 10, store, 100, 300);
  byParts.addParts(store, 20, 1, store, 0, 0);
  t.is(byParts.hex(), expectedDigest(entries));

  const byPieces = new ContentDigest();
  byPieces.startEntry(entries[0]![0], 300);
  byPieces.addValueBytes(store.subarray(100, 101));
  byPieces.addValueBytes(store.subarray(101, 400));
  byPieces.add(...entries[1]!);
  t.is(byPieces.hex(), expectedDigest(entries));
});

test('entries may be added after the digest was asked for', (t) => {
  const digest = new ContentDigest();
  const entry: Entry = [Uint8Array.of(1), Uint8Array.of(2)];
  digest.add(...entry);
  digest.hex();
  digest.add(...entry);
  t.is(digest.hex(), expectedDigest([entry, entry]));
});

test('a value that is shorter or longer than announced is refused', (t) => {
  const digest = new ContentDigest();
  digest.startEntry(Uint8Array.of(1), 2);
  t.throws(() => digest.addValueBytes(new Uint8Array(3)), { instanceOf: RangeError });
  t.throws(() => digest.hex(), { instanceOf: RangeError });
  t.throws(() => digest.add(Uint8Array.of(2), Uint8Array.of(3)), { instanceOf: RangeError });
});
