import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { nextSequenceOf, sweepFile, type RecordRun } from '../../../src/engine/wal/scan/record-sweep.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { tempDir } from '../../support/temp-dir.js';
import { entryOf, joined, recordOf, records } from './segment-builder.js';

function sweep(file: string, bytes: Uint8Array): RecordRun[] {
  writeFileSync(file, bytes);
  return sweepFile(realFileSystem(), file);
}

function spans(runs: readonly RecordRun[]): string[] {
  return runs.map((run) => `${run.coreId}/${run.epoch}: ${run.firstSequence} to ${nextSequenceOf(run) - 1n}`);
}

test('all good records are found, whatever their order, core and epoch, and whatever lies between them', (t) => {
  const file = path.join(tempDir(t), 'pieces');
  const piece = fc.record({
    coreId: fc.nat(3),
    epoch: fc.bigInt({ min: 1n, max: 4n }),
    first: fc.bigInt({ min: 0n, max: 50n }),
    count: fc.integer({ min: 1, max: 5 }),
    junk: fc.uint8Array({ maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const bytes = pieces.flatMap(({ coreId, epoch, first, count, junk }) => [
        joined(...records(count, first, { coreId, epoch })),
        junk,
      ]);
      const found = sweep(file, joined(...bytes));
      const expected = pieces.reduce((sum, { count }) => sum + count, 0);
      t.is(
        found.reduce((sum, run) => sum + run.records, 0),
        expected,
      );
      for (const run of found) t.true(run.end > run.offset && run.records > 0);
    }),
    { numRuns: 60 },
  );
});

test('a run ends where bytes lie between, and where the core, the epoch, the number or our own time does not go on', (t) => {
  const file = path.join(tempDir(t), 'runs');
  const next = (fields: Parameters<typeof entryOf>[0]): Uint8Array => recordOf(entryOf(fields));
  const bytes = joined(
    ...records(3),
    new Uint8Array(24).fill(0x5a),
    ...records(2, 3n),
    next({ sequence: 5n, coreId: 1 }),
    next({ sequence: 6n, coreId: 1, epoch: 2n }),
    next({ sequence: 9n, coreId: 1, epoch: 2n }),
    next({ sequence: 10n, coreId: 1, epoch: 2n, lag: 0, timestampNs: 50n }),
    next({ sequence: 11n, coreId: 1, epoch: 2n, lag: 0, timestampNs: 49n }),
  );
  t.deepEqual(spans(sweep(file, bytes)), [
    '0/1: 0 to 2',
    '0/1: 3 to 4',
    '1/1: 5 to 5',
    '1/2: 6 to 6',
    '1/2: 9 to 9',
    '1/2: 10 to 10',
    '1/2: 11 to 11',
  ]);
});

test('records that a value holds are no records of the log, not even where the one around them is damaged', (t) => {
  const file = path.join(tempDir(t), 'nested');
  const value = joined(...records(4, 20n, { coreId: 7, epoch: 9n }));
  const around = recordOf(
    entryOf({ sequence: 1n, value, operation: { op: 'put', key: new Uint8Array(8), value } }),
  );
  const bytes = joined(...records(1), around, ...records(2, 2n));
  t.deepEqual(spans(sweep(file, bytes)), ['0/1: 0 to 3']);
  // A bit of its key.
  bytes[records(1)[0]!.length + 8 + 2]! ^= 1;
  t.deepEqual(spans(sweep(file, bytes)), ['0/1: 0 to 0', '0/1: 2 to 3']);
});
