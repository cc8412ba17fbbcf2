import { readFileSync } from 'node:fs';
import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import {
  INNER_BYTES,
  LEAF_BYTES,
  mapHeight,
  VERSIONED_MAP_LAYOUT,
} from '../../../src/engine/rkyv/ordered-map/ordered-map-format.js';
import { layoutOfMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-layout.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { encodeWalEntry } from '../../support/wal-entry-bytes.js';
import { ROOT, ROOT_BYTES } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { archive } from './reference-content.js';
import { archiveVersioned } from './versioned-map.js';

const page = readFileSync(new URL('../../../docs/formats/rkyv.md', import.meta.url), 'utf8');

const LINE = /^ *(\d+) {2}(?:((?:[0-9a-f]{2} ?)+)|00 × (\d+))(?: {2,}.*| *)$/;

/** The bytes of an example on the page; each line's position must be where the line before ended. */
function exampleOf(name: string): number[] {
  const block = new RegExp(`\`\`\`hex ${name}\\n([^\`]*)\`\`\``).exec(page)![1]!;
  const bytes: number[] = [];
  for (const line of block.trimEnd().split('\n')) {
    const [, position, hex, zeros] = LINE.exec(line)!;
    if (Number(position) !== bytes.length) throw new Error(`"${line}" is at ${bytes.length}`);
    if (hex === undefined) bytes.push(...new Uint8Array(Number(zeros)));
    else
      bytes.push(
        ...hex
          .trim()
          .split(' ')
          .map((byte) => parseInt(byte, 16)),
      );
  }
  return bytes;
}

const common = { epoch: 2n, sequence: 5n, coreId: 1, timestampNs: 1_700_000_000_000_000_000n };

test("the page's Put is what the encoder writes", (t) => {
  const operation = { op: 'put' as const, key: toUtf8('sku'), value: toUtf8('7') };
  t.deepEqual(exampleOf('put'), [...encodeWalEntry({ ...common, operation, lag: 176 })]);
});

test("the page's Commit is what the encoder writes", (t) => {
  const offsets = new Map([
    ['orders-eu', 7n],
    ['in', 41n],
  ]);
  const operation = { op: 'commit' as const, offsets, watermark: -1n };
  t.deepEqual(exampleOf('commit'), [...encodeWalEntry({ ...common, operation, lag: undefined })]);
});

test("the page's ordered map is what the writer writes", (t) => {
  const entries = ['a', 'b', 'c', 'd', 'e', 'f'].map((key, index) => ({
    key: toUtf8(key),
    offset: index * 10,
    length: 10,
  }));
  t.deepEqual(exampleOf('map'), [...archive(entries)]);
});

test("the page's index with versions is read as what it says, in the layout that it has", (t) => {
  const map = Uint8Array.from(exampleOf('versioned'));
  const source = new MemorySource(map);
  const layout = layoutOfMap(source, 0, map.length);
  t.is(layout, VERSIONED_MAP_LAYOUT);
  const reader = new OrderedMapReader(source, 0, map.length, layout);
  t.true(reader.find(toUtf8('key')));
  t.deepEqual([reader.count, reader.offset, reader.length], [1, 0, 5]);
  t.deepEqual(map, archiveVersioned([{ key: toUtf8('key'), offset: 0, length: 5, version: 1n }]));
});

test("the page's sizes and offsets are those of the code", (t) => {
  t.is(ROOT_BYTES, 64);
  t.is(LEAF_BYTES, 88);
  t.is(INNER_BYTES, 108);
  t.like(VERSIONED_MAP_LAYOUT, {
    leafBytes: 136,
    innerBytes: 152,
    values: 48,
    entryCount: 128,
    children: 128,
  });
  t.is(mapHeight(200_000), 7);
  for (const [offset, field] of [
    [ROOT.lagMark, 'lag mark'],
    [ROOT.lag, 'lag'],
    [ROOT.timestampNs, 'timestamp'],
    [ROOT.tag, 'tag'],
    [ROOT.key, 'Put, Delete: key'],
    [ROOT.value, 'Put: value'],
    [ROOT.number, 'Checkpoint: id'],
    [ROOT.watermarkMark, 'Commit: 1'],
    [ROOT.watermark, 'Commit: watermark'],
  ] as const) {
    t.regex(page, new RegExp(`^\\| ${offset} \\| \\d+ \\| ${field}`, 'm'));
  }
});
