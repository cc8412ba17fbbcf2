import test from 'ava';
import { MemorySource } from '../../../src/engine/bytes/byte-source.js';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { checkOrderedMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-check.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { OrderedMapWriter } from '../../../src/engine/rkyv/ordered-map/ordered-map-writer.js';
import { fixtureBytes, fixtureLines } from './fixture-records.js';

const HEADER_BYTES = 32;

for (const name of ['empty', 'one', 'small', 'medium', 'large']) {
  const open = () => {
    const index = fixtureBytes(`state-${name}.idx`);
    return {
      index,
      reader: new OrderedMapReader(new MemorySource(index), HEADER_BYTES, index.length - HEADER_BYTES),
    };
  };

  test(`the index of state-${name} decodes to the entries of the ndjson`, (t) => {
    const { reader } = open();
    const values = fixtureBytes(`state-${name}.db`);
    const [header, ...lines] = fixtureLines(`state-${name}.ndjson`);
    t.is(reader.count, header!['keys'] as number);
    const found: Record<string, unknown>[] = [];
    checkOrderedMap(reader, ({ key, offset, length }) => {
      const value = values.subarray(HEADER_BYTES + offset, HEADER_BYTES + offset + length);
      found.push({ key: toHex(key), value: toHex(value) });
    });
    t.deepEqual(found, lines);
  });

  test(`the index of state-${name} is written again byte for byte from its entries`, (t) => {
    const { index, reader } = open();
    const written: number[] = [];
    const writer = new OrderedMapWriter(reader.count, (bytes) => written.push(...bytes));
    checkOrderedMap(reader, ({ key, offset, length }) => writer.add(key, offset, length));
    t.is(writer.finish(), index.length - HEADER_BYTES);
    t.deepEqual(Uint8Array.from(written), index.slice(HEADER_BYTES));
  });
}
