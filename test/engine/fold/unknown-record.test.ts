import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { crc32 } from '../../../src/engine/bytes/crc/checksum.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { cursorRecord, deleteRecord, logOf, putRecord } from './log-bytes.js';
import { scanBytes } from './scan.js';

/** A record of any type and content, with a checksum that holds. */
function sealed(type: number, content: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(5 + content.length);
  bytes[4] = type;
  bytes.set(content, 5);
  bytes.writeUInt32LE(crc32(bytes, 4));
  return Uint8Array.from(bytes);
}

const before = [putRecord('a', '1', 1n), cursorRecord(1n)];
const after = [putRecord('b', '2', 2n), cursorRecord(2n)];
/** A put of an empty key, whose value has 65 MiB. */
const longValue = ((): Uint8Array => {
  const content = Buffer.alloc(2 + 4 + 65 * 1024 * 1024 + 1);
  content.writeUInt32LE(65 * 1024 * 1024, 2);
  return sealed(1, content);
})();

const UNKNOWN: readonly (readonly [string, Uint8Array])[] = [
  ['a cursor of 13 bytes', sealed(3, Uint8Array.from([13, ...new Array<number>(13).fill(7)]))],
  ['a cursor of 255 bytes', sealed(3, Uint8Array.from([255, ...new Array<number>(255).fill(7)]))],
  [
    'a memo with a flag that is not known',
    sealed(3, Uint8Array.from([12, ...new Array<number>(10).fill(0), 8, 5])),
  ],
  ['a version of 11 bytes', sealed(2, Uint8Array.from([1, 0, 107, 11, ...new Array<number>(11).fill(1)]))],
  ['a record of type 4', sealed(4, Uint8Array.from([9, 8, 7]))],
  ['a record of type 0', sealed(0, Uint8Array.from([1, 1, 1, 1]))],
  ['a record of type 200 and 100,000 bytes', sealed(200, new Uint8Array(100_000).fill(5))],
  ['a value of 65 MiB', longValue],
];

for (const [what, record] of UNKNOWN) {
  test(`${what} whose checksum holds is of another release, wherever it stands`, (t) => {
    for (const parts of [
      [record],
      [...before, record],
      [...before, record, ...after],
      [...before, record, record],
    ]) {
      const { findings } = scanBytes(logOf(...parts), { tornTail: 'show' });
      t.is(findings.length, parts.filter((part) => part === record).length);
      for (const finding of findings)
        t.like(finding, { severity: 'damage', class: 'bad-version', bytes: record.length });
    }
  });
}

test('no command reads, copies or cuts a log with a record of another release: all say 7', async (t) => {
  for (const [what, record] of UNKNOWN.slice(0, 5)) {
    const folder = tempDir(t);
    const file = path.join(folder, 'log.snap');
    const bytes = logOf(...before, record);
    writeFileSync(file, bytes);
    const into = path.join(folder, 'new.snap');
    for (const argv of [
      ['get', file, 'a'],
      ['scan', file],
      ['put', file, 'k', 'v'],
      ['delete', file, 'a'],
      ['checkpoint', file],
      ['compact', file],
      ['verify', file],
      ['repair', file],
      ['repair', file, '--into', into],
      ['wal-replay', file],
      ['import', file, into],
      ['export', file, path.join(folder, 'out')],
      ['diff', file, file],
    ]) {
      const { exitCode, stderr } = await commandLine(argv);
      t.is(exitCode, 7, `${what}: ${argv.join(' ')}: ${stderr}`);
      t.deepEqual(Uint8Array.from(readFileSync(file)), bytes);
    }
  }
});

test('an unknown record with a byte changed is damage, or a torn end, and never of another release', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...UNKNOWN.slice(0, 6)),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (unknown, at, by) => {
        const [, record] = unknown;
        const changed = record.slice();
        changed[at % record.length]! ^= by;
        const { findings } = scanBytes(logOf(...before, changed, ...after));
        // A changed type or length may make it one that is known.
        for (const finding of findings) t.not(finding.class, 'bad-version');
        const last = scanBytes(logOf(...before, changed)).findings;
        for (const finding of last) t.not(finding.class, 'bad-version');
      },
    ),
    { numRuns: 300 },
  );
});

test('records that are known are never taken for those of another release', (t) => {
  const part = fc.oneof(
    fc
      .tuple(fc.string({ maxLength: 6 }), fc.string({ maxLength: 9 }))
      .map(([key, value]) => putRecord(key, value, 3n)),
    fc.string({ maxLength: 6 }).map((key) => deleteRecord(key)),
    fc.constant(cursorRecord(7n)),
  );
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.integer({ min: 0, max: 7 }),
      (parts, at, bit) => {
        const bytes = logOf(...parts);
        bytes[6 + (at % (bytes.length - 6))]! ^= 1 << bit;
        for (const finding of scanBytes(bytes).findings) t.not(finding.class, 'bad-version');
      },
    ),
    { numRuns: 1000 },
  );
});
