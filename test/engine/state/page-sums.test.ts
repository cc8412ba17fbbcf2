import test from 'ava';
import fc from 'fast-check';
import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { pageCount } from '../../../src/engine/state/format/format.js';
import { PageSums } from '../../../src/engine/state/format/page-sums.js';

function sumsOf(bytes: Uint8Array): number[] {
  return Array.from({ length: pageCount(bytes.length) }, (_, page) =>
    crc32c(bytes, page * 4096, Math.min(bytes.length, (page + 1) * 4096)),
  );
}

function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * at + (at >> 8)) & 0xff);
}

test('sums are those of the pages, however the bytes come', (t) => {
  const bytes = noise(50_000);
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 20 });
  const property = fc.property(cuts, fc.nat(bytes.length), (places, resumedAt) => {
    let sums = new PageSums();
    let at = 0;
    for (const cut of [...places, resumedAt, bytes.length].sort((a, b) => a - b)) {
      sums.append(bytes, at, cut);
      at = cut;
      if (cut === resumedAt) sums = new PageSums(sums.toArray(), sums.length);
    }
    return JSON.stringify([...sums.toArray()]) === JSON.stringify(sumsOf(bytes));
  });
  t.notThrows(() => fc.assert(property, { numRuns: 200 }));
});

test('sums of more pages than one array of them holds stay in order', (t) => {
  const sums = new PageSums();
  const page = new Uint8Array(4096);
  for (let count = 0; count < 4100; count += 1) {
    page[0] = count;
    page[1] = count >> 8;
    sums.append(page);
  }
  const array = sums.toArray();
  t.is(array.length, 4100);
  for (const number of [0, 1, 4095, 4096, 4099]) {
    page[0] = number;
    page[1] = number >> 8;
    t.is(array[number], crc32c(page));
  }
});
