import test from 'ava';
import fc from 'fast-check';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';

test('a token keeps any 0 to 10 bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 10 }), fc.uint8Array({ maxLength: 10 }), (bytes, others) => {
      const token = VersionToken.fromBytes(bytes);
      t.deepEqual(token.toBytes(), bytes);
      t.is(token.length, bytes.length);
      t.is(token.toHex(), Buffer.from(bytes).toString('hex'));
      t.is(token.isUnknown, bytes.length === 0);
      t.is(token.equals(VersionToken.fromBytes(others)), Buffer.compare(bytes, others) === 0);
    }),
  );
});

test('a revision is 8 bytes, big-endian', (t) => {
  t.is(VersionToken.fromU64(0x0102_0304_0506_0708n).toHex(), '0102030405060708');
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (revision) => {
      t.is(VersionToken.fromU64(revision).asU64(), revision);
      t.is(WatchCursor.fromU64(revision).asU64(), revision);
    }),
  );
});

test('tokens of other lengths are no revisions', (t) => {
  for (const length of [0, 1, 7, 9, 10])
    t.is(VersionToken.fromBytes(new Uint8Array(length)).asU64(), undefined);
  t.true(WatchCursor.none().isNone);
  t.is(WatchCursor.none().toHex(), '');
});

test('more than 10 bytes, and numbers that are no u64, are refused', (t) => {
  t.throws(() => VersionToken.fromBytes(new Uint8Array(11)), { instanceOf: RangeError });
  t.throws(() => VersionToken.fromU64(-1n), { instanceOf: RangeError });
  t.throws(() => WatchCursor.fromU64(2n ** 64n), { instanceOf: RangeError });
});
