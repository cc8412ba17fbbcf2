import { readFileSync } from 'node:fs';
import test from 'ava';
import { FoldScanner } from '../../../src/engine/fold/scan/scanner.js';
import { fixturePath } from '../../support/fixtures.js';
import { putRecord } from './log-bytes.js';
import { memoryFile, scanBytes, type Scanned, type ScannedRecord } from './scan.js';

const NAMES = ['fold-log.snap', 'fold-compact.snap', 'fold-no-cursor.snap', 'fold-empty.snap'];

/** Everything between the header and the end is either a record or within a finding, in order and once. */
function coverEverything({ records, findings }: Scanned, size: number): boolean {
  const parts = [
    ...records.map(({ offset, length }) => ({ offset, bytes: length })),
    ...findings
      .filter(({ class: kind }) => kind !== 'bad-header')
      .map(({ offset, bytes }) => ({ offset, bytes })),
  ].sort((a, b) => a.offset - b.offset);
  let end = Math.min(6, size);
  for (const part of parts) {
    if (part.offset !== end) return false;
    end += part.bytes;
  }
  return end === size;
}

function isOneOf(
  records: ReadonlyMap<number, ScannedRecord>,
  { offset, length, type, key }: ScannedRecord,
): boolean {
  const original = records.get(offset);
  return original?.length === length && original.type === type && original.key === key;
}

for (const name of NAMES) {
  const whole = readFileSync(fixturePath(name));
  const originals = new Map(scanBytes(whole).records.map((record) => [record.offset, record]));

  test(`${name} cut short at any byte gives the records before the cut, and a torn tail or nothing`, (t) => {
    for (let size = 6; size <= whole.length; size++) {
      const { records, findings } = scanBytes(whole.subarray(0, size));
      const due = [...originals.values()].filter(({ offset, length }) => offset + length <= size);
      const end = due.length === 0 ? 6 : due.at(-1)!.offset + due.at(-1)!.length;
      const good =
        records.length === due.length &&
        records.every((record) => isOneOf(originals, record)) &&
        (end === size
          ? findings.length === 0
          : findings.length === 1 && findings[0]!.severity === 'torn' && findings[0]!.offset === end);
      if (!good) t.fail(`cut at ${size}: ${JSON.stringify(findings)}`);
    }
    t.pass();
  });

  test(`${name} with a bit flipped anywhere loses the record that it is in and no other`, (t) => {
    const bytes = Uint8Array.from(whole);
    // Every bit in turn is for the long run; these are spread over all bits and all bytes.
    const step = whole.length > 1000 ? 37 : 1;
    for (let bit = 6 * 8; bit < whole.length * 8; bit += step) {
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      const scanned = scanBytes(bytes, { tornTail: 'show' });
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      const good =
        scanned.records.length === originals.size - 1 &&
        scanned.findings.length === 1 &&
        scanned.records.every((record) => isOneOf(originals, record)) &&
        coverEverything(scanned, whole.length);
      if (!good) t.fail(`bit ${bit & 7} of byte ${bit >>> 3}: ${JSON.stringify(scanned.findings)}`);
    }
    t.pass();
  });
}

test('bit 4 of byte 2,003 of fold-log.snap flipped is damage of one record', (t) => {
  const bytes = Uint8Array.from(readFileSync(fixturePath('fold-log.snap')));
  bytes[2003]! ^= 1 << 4;
  const { records, findings } = scanBytes(bytes);
  t.like(findings, {
    length: 1,
    0: { severity: 'damage', class: 'bad-length', offset: 1982, nextGood: 2122 },
  });
  t.is(records.length, 245);
});

test('a block that is zeroed, garbled or replaced anywhere never gives a record that was not there', (t) => {
  const whole = readFileSync(fixturePath('fold-log.snap'));
  const originals = new Map(scanBytes(whole).records.map((record) => [record.offset, record]));
  const other = readFileSync(fixturePath('wal-ops/wal-0.log'));
  const blocks = [
    new Uint8Array(512),
    Uint8Array.from({ length: 512 }, (_, at) => at * 89),
    other.subarray(0, 512),
  ];
  for (let start = 6; start < whole.length; start += 401) {
    for (const block of blocks) {
      const bytes = Uint8Array.from(whole);
      bytes.set(block.subarray(0, Math.min(512, whole.length - start)), start);
      const scanned = scanBytes(bytes, { tornTail: 'show' });
      const untouched = [...originals.values()].filter(
        ({ offset, length }) => offset + length <= start || offset >= start + 512,
      );
      t.deepEqual(scanned.records, untouched);
      t.true(scanned.findings.length > 0);
      t.true(coverEverything(scanned, whole.length));
    }
  }
});

/** Reads a file of bad bytes to its end; how much was read of it, and the largest buffer that was used. */
function costOf(bytes: Uint8Array): { readBytes: number; bufferBytes: number; findings: number } {
  const inner = memoryFile(bytes);
  const cost = { readBytes: 0, bufferBytes: 0, findings: 0 };
  const read: typeof inner.read = (descriptor, into, offset, length, position) => {
    cost.readBytes += length;
    cost.bufferBytes = Math.max(cost.bufferBytes, into.length);
    return inner.read(descriptor, into, offset, length, position);
  };
  const fileSystem = { ...inner, read };
  const scanner = new FoldScanner({ fileSystem, descriptor: 0, path: 'hostile', size: bytes.length });
  for (let step = scanner.next(); step !== 'end'; step = scanner.next())
    if (step === 'finding') cost.findings += 1;
  return cost;
}

test('a file of false starts with lengths of megabytes is read a few times at most, in bounded memory', (t) => {
  const size = 40 * 1024 * 1024;
  const bytes = new Uint8Array(size);
  bytes.set([0x50, 0x47, 0x53, 0x53, 2, 0]);
  // Every 12 bytes: a put with an empty key and a value of some 12 MiB.
  for (let at = 6; at + 12 <= size; at += 12) {
    bytes[at] = at;
    bytes[at + 4] = 1;
    bytes[at + 9] = 0xc0;
  }
  const { readBytes, bufferBytes, findings } = costOf(bytes);
  t.is(findings, 1);
  t.true(readBytes < 6 * size, `${readBytes} bytes read`);
  t.true(bufferBytes <= 34 * 1024 * 1024, `a buffer of ${bufferBytes} bytes`);
});

test('a file of short false starts at every byte is read a few times at most', (t) => {
  const bytes = new Uint8Array(2 * 1024 * 1024).fill(2);
  bytes.set([0x50, 0x47, 0x53, 0x53, 2, 0]);
  const { readBytes, bufferBytes } = costOf(bytes);
  t.true(readBytes < 5 * bytes.length);
  t.true(bufferBytes <= bytes.length);
});

test('a file of faults that each point ahead at a record of megabytes is read a few times at most', (t) => {
  // Good records, each followed by a bad one that ends where a put of 12 MiB seems to start.
  const size = 24 * 1024 * 1024;
  const bytes = new Uint8Array(size);
  bytes.set([0x50, 0x47, 0x53, 0x53, 2, 0]);
  const record = putRecord('a', '');
  for (let at = 6; at + 100 <= size; at += 100) {
    bytes.set(record, at);
    const bad = at + record.length;
    bytes.set([9, 9, 9, 9, 2, 1, 0, 0x61, 0], bad);
    bytes.set([7, 7, 7, 7, 1, 0, 0, 0, 0, 0xc0, 0], bad + 9);
  }
  const { readBytes, bufferBytes, findings } = costOf(bytes);
  t.true(findings > 100_000);
  t.true(readBytes < 12 * size, `${readBytes} bytes read`);
  t.true(bufferBytes <= 34 * 1024 * 1024, `a buffer of ${bufferBytes} bytes`);
});
