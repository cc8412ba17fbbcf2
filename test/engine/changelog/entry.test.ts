import test from 'ava';
import { StateChangelogEntry, StateOp } from '../../../src/engine/changelog/entry.js';
import { ENTRY_BYTES } from '../../../src/engine/changelog/entry-words.js';

function fieldsOf({ epoch, keyHash, mmapOffset, valueLength, op }: StateChangelogEntry): object {
  return { epoch, keyHash, mmapOffset, valueLength, op };
}

const key = new Uint8Array([1, 2, 3]);

test('an entry takes 32 bytes', (t) => {
  t.is(ENTRY_BYTES, 32);
});

test('a put names the epoch, the hash and where the value lies', (t) => {
  const entry = StateChangelogEntry.put(1n, 12345n, 100n, 50);
  t.deepEqual(fieldsOf(entry), {
    epoch: 1n,
    keyHash: 12345n,
    mmapOffset: 100n,
    valueLength: 50,
    op: StateOp.put,
  });
  t.true(entry.isPut);
  t.false(entry.isDelete);
});

test('a delete has no value', (t) => {
  const entry = StateChangelogEntry.delete(2n, 67890n);
  t.deepEqual(fieldsOf(entry), {
    epoch: 2n,
    keyHash: 67890n,
    mmapOffset: 0n,
    valueLength: 0,
    op: StateOp.delete,
  });
  t.true(entry.isDelete);
  t.false(entry.isPut);
});

test('an entry made from a key carries the hash of the key', (t) => {
  const entry = StateChangelogEntry.fromKey(key, 5n, 200n, 75, StateOp.put);
  t.is(entry.keyHash, StateChangelogEntry.hashKey(key));
  t.is(entry.mmapOffset, 200n);
  t.not(entry.keyHash, StateChangelogEntry.hashKey(new Uint8Array([1, 2, 4])));
});

test('a number that does not fit its width is a RangeError', (t) => {
  const tooLong = 2n ** 64n;
  t.throws(() => StateChangelogEntry.put(tooLong, 0n, 0n, 0), { instanceOf: RangeError, message: /^epoch/ });
  t.throws(() => StateChangelogEntry.put(0n, -1n, 0n, 0), { instanceOf: RangeError, message: /^keyHash/ });
  t.throws(() => StateChangelogEntry.put(0n, 0n, tooLong, 0), {
    instanceOf: RangeError,
    message: /^mmapOffset/,
  });
  for (const length of [2 ** 32, -1, 0.5, NaN]) {
    t.throws(() => StateChangelogEntry.put(0n, 0n, 0n, length), {
      instanceOf: RangeError,
      message: /^valueLength/,
    });
  }
  t.throws(() => new StateChangelogEntry(0n, 0n, 0n, 0, 2 as StateOp), { instanceOf: RangeError });
  t.throws(() => StateChangelogEntry.delete(1 as unknown as bigint, 0n), { instanceOf: TypeError });
});

test('the largest numbers of each width fit', (t) => {
  const largest = 2n ** 64n - 1n;
  const entry = StateChangelogEntry.put(largest, largest, largest, 2 ** 32 - 1);
  t.is(entry.keyHash, largest);
  t.is(entry.valueLength, 2 ** 32 - 1);
});
