import test from 'ava';
import fc from 'fast-check';
import {
  createWalEntryHeader,
  encodeDelete,
  encodePut,
  TAG_DELETE,
  TAG_PUT,
  walEntryBytes,
} from '../../../src/engine/rkyv/entry/wal-entry.js';
import { WordCopier } from '../../../src/engine/bytes/word-copier.js';
import { deleteByWords, putByWords } from '../../../src/engine/wal/format/record-words.js';

const half = fc.integer({ min: 0, max: 0xffff_ffff });
const header = fc
  .record({
    epochLow: half,
    epochHigh: half,
    sequenceLow: half,
    sequenceHigh: half,
    coreId: fc.integer({ min: 0, max: 0xffff }),
    timestampLow: half,
    timestampHigh: half,
    lag: fc.oneof(fc.constant(-1), half),
  })
  .map((fields) => Object.assign(createWalEntryHeader(), fields));
const some = fc.uint8Array({ maxLength: 300 });

/** Bytes with something in them, as a buffer that was used before. */
function dirty(length: number): { bytes: Uint8Array; words: Int32Array } {
  const words = new Int32Array(length / 4).fill(-0x1234567);
  return { bytes: new Uint8Array(words.buffer), words };
}

test('a Put and a Delete encoded by words are, byte for byte, those encoded by bytes', (t) => {
  fc.assert(
    fc.property(header, some, some, (fields, key, value) => {
      const put = new Uint8Array(walEntryBytes(TAG_PUT, key.length, value.length));
      encodePut(put, 0, fields, key, value);
      const into = dirty(put.length + 16);
      const copier = new WordCopier();
      putByWords(into, 8, fields, key, 0, key.length, value, 0, value.length, copier);
      t.deepEqual(into.bytes.slice(8, 8 + put.length), put);
      const both = Buffer.concat([key, value]);
      const behind = dirty(put.length + 16);
      putByWords(behind, 8, fields, both, 0, key.length, both, key.length, value.length, copier);
      t.deepEqual(behind.bytes.slice(8, 8 + put.length), put, 'a value right behind its key');

      const removal = new Uint8Array(walEntryBytes(TAG_DELETE, key.length, 0));
      encodeDelete(removal, 0, fields, key);
      const other = dirty(removal.length + 16);
      deleteByWords(other, 8, fields, key, 0, key.length);
      t.deepEqual(other.bytes.slice(8, 8 + removal.length), removal);
    }),
  );
});
