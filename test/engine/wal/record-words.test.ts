import test from 'ava';
import fc from 'fast-check';
import {
  createWalEntryHeader,
  type WalEntryHeader,
} from '../../../src/engine/rkyv/entry/wal-entry-encoder.js';
import { ROOT, TAG_DELETE, TAG_PUT } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { WordCopier } from '../../../src/engine/bytes/copy.js';
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

/** The same by single fields, as docs/formats/rkyv.md has them: the parts, padding, and the root, which points at them. */
function byFields(fields: WalEntryHeader, tag: number, parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const root = Math.ceil(content.length / 8) * 8;
  const bytes = new Uint8Array(root + 64);
  const view = new DataView(bytes.buffer, root);
  const word = (at: number, value: number): void => {
    view.setUint32(at, value, true);
  };
  bytes.set(content);
  word(ROOT.epoch, fields.epochLow);
  word(ROOT.epoch + 4, fields.epochHigh);
  word(ROOT.sequence, fields.sequenceLow);
  word(ROOT.sequence + 4, fields.sequenceHigh);
  view.setUint16(ROOT.coreId, fields.coreId, true);
  view.setUint16(ROOT.lagMark, fields.lag < 0 ? 0 : 1, true);
  word(ROOT.lag, Math.max(0, fields.lag));
  word(ROOT.timestampNs, fields.timestampLow);
  word(ROOT.timestampNs + 4, fields.timestampHigh);
  bytes[root + ROOT.tag] = tag;
  let start = 0;
  for (const [index, { length }] of parts.entries()) {
    const field = index === 0 ? ROOT.key : ROOT.value;
    word(field, start - (root + field));
    word(field + 4, length);
    start += length;
  }
  return bytes;
}

test('a Put and a Delete encoded by words are, byte for byte, those encoded by fields', (t) => {
  fc.assert(
    fc.property(header, some, some, (fields, key, value) => {
      const put = byFields(fields, TAG_PUT, [key, value]);
      const into = dirty(put.length + 16);
      const copier = new WordCopier();
      putByWords(into, 8, fields, key, 0, key.length, value, 0, value.length, copier);
      t.deepEqual(into.bytes.slice(8, 8 + put.length), put);
      const both = Buffer.concat([key, value]);
      const behind = dirty(put.length + 16);
      putByWords(behind, 8, fields, both, 0, key.length, both, key.length, value.length, copier);
      t.deepEqual(behind.bytes.slice(8, 8 + put.length), put, 'a value right behind its key');

      const removal = byFields(fields, TAG_DELETE, [key]);
      const other = dirty(removal.length + 16);
      deleteByWords(other, 8, fields, key, 0, key.length);
      t.deepEqual(other.bytes.slice(8, 8 + removal.length), removal);
    }),
  );
});
