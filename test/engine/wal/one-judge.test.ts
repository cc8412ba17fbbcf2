import fc from 'fast-check';
import test from 'ava';
import type { Finding } from '../../../src/engine/finding.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { MergedScanner } from '../../../src/engine/wal/scan/merged-scanner.js';
import { WalScanner } from '../../../src/engine/wal/scan/scanner.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { MemoryFile } from './memory-file.js';
import { entryOf, joined, recordOf } from './segment-builder.js';

/** What became of a record: as it was, rotten, not there, or with garbage behind it. */
type Fate = 'good' | 'rotten' | 'removed' | 'garbage';

/** Records that a writer of LaminarDB's appends between two restarts. */
interface WriterRun {
  /** The time of its first record; clocks may go back. */
  readonly second: number;
  readonly fates: readonly Fate[];
}

const GARBAGE = new Uint8Array(80).fill(0xee);

function recordIn(second: number, sequence: number): Uint8Array {
  const timestampNs = BigInt(second) * 1_000_000_000n + BigInt(sequence);
  return recordOf(
    entryOf({ sequence: BigInt(sequence), timestampNs, epoch: BigInt(Math.floor(sequence / 4)) }),
  );
}

function segmentOf(runs: readonly WriterRun[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const { second, fates } of runs) {
    for (const [sequence, fate] of fates.entries()) {
      if (fate === 'removed') continue;
      const record = recordIn(second, sequence);
      if (fate === 'rotten') record.fill(0xee, 12, 24);
      pieces.push(record);
      if (fate === 'garbage') pieces.push(GARBAGE);
    }
  }
  return joined(...pieces);
}

function offsetsOfScan(bytes: Uint8Array): number[] {
  const { fileSystem } = new MemoryFile(bytes);
  const scanner = WalScanner.open('wal-0.log', { fileSystem, coreId: 0, isLoose: true });
  const offsets: number[] = [];
  for (let event = scanner.next(); event !== 'end'; event = scanner.next())
    if (event === 'record') offsets.push(scanner.offset);
  return offsets;
}

function offsetsOfMerge(bytes: Uint8Array): number[] {
  const { fileSystem } = new MemoryFile(bytes);
  const scanner = MergedScanner.open([{ coreId: 0, path: 'wal-0.log' }], { fileSystem, isLoose: true });
  const offsets: number[] = [];
  for (let event = scanner.next(); event !== 'end'; event = scanner.next())
    if (event === 'record') offsets.push(scanner.segment.offset);
  return offsets.sort((one, other) => one - other);
}

async function repaired(bytes: Uint8Array): Promise<{ findings: Finding[]; kept: Uint8Array }> {
  const disk = new SimulatedDisk();
  disk.plantFile('/source/wal-0.log', bytes);
  disk.plantFile('/new/neighbour', Uint8Array.of(1));
  const fileSystem = new SimulatedFileSystem({ disk });
  const steps = repairPath({ fileSystem, path: '/source/wal-0.log', into: '/new/wal-0.log' });
  const findings: Finding[] = [];
  for await (const event of steps) if ('finding' in event) findings.push(event.finding);
  return { findings, kept: disk.fileBytes('/new/wal-0.log') };
}

/** The bytes of the records at some offsets, in their order. */
function recordsAt(bytes: Uint8Array, offsets: readonly number[]): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return joined(...offsets.map((at) => bytes.subarray(at, at + 8 + view.getUint32(at, true))));
}

/** The records of a segment without gaps, as text. */
function recordsIn(bytes: Uint8Array): string[] {
  return offsetsOfRecords(bytes).map((at) => Buffer.from(recordsAt(bytes, [at])).toString('hex'));
}

function offsetsOfRecords(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const offsets: number[] = [];
  for (let at = 0; at < bytes.length; at += 8 + view.getUint32(at, true)) offsets.push(at);
  return offsets;
}

const fate = fc.oneof(
  { arbitrary: fc.constant<Fate>('good'), weight: 8 },
  { arbitrary: fc.constantFrom<Fate>('rotten', 'removed', 'garbage'), weight: 2 },
);
const writerRun = fc.record({
  second: fc.integer({ min: 1000, max: 1005 }),
  fates: fc.array(fate, { minLength: 1, maxLength: 12 }),
});
const writerRuns = fc.uniqueArray(writerRun, {
  minLength: 1,
  maxLength: 5,
  selector: ({ second }) => second,
});

test('a scan of a segment and a merge of it show the same records, wherever its writer restarted and whatever is missing', (t) => {
  fc.assert(
    fc.property(writerRuns, (runs) => {
      const bytes = segmentOf(runs);
      t.deepEqual(offsetsOfMerge(bytes), offsetsOfScan(bytes));
    }),
    { numRuns: 5000 },
  );
});

test('a repair of a segment keeps all records that a scan shows, as they lie; more only where it says that it moved some', async (t) => {
  await fc.assert(
    fc.asyncProperty(writerRuns, async (runs) => {
      const bytes = segmentOf(runs);
      const offsets = offsetsOfScan(bytes);
      if (offsets.length === 0) return;
      const { findings, kept } = await repaired(bytes);
      if (findings.some(({ class: kind }) => kind === 'misplaced')) {
        const records = new Set(recordsIn(kept));
        t.true(records.size >= offsets.length);
        for (const record of recordsIn(recordsAt(bytes, offsets))) t.true(records.has(record));
      } else t.deepEqual(kept, recordsAt(bytes, offsets));
    }),
    { numRuns: 500 },
  );
});

test('records of a run that lost its beginning are kept where one that began at an earlier time follows', (t) => {
  const runs: WriterRun[] = [
    { second: 1003, fates: ['good', 'good', 'good', 'good'] },
    { second: 1004, fates: [...Array.from({ length: 30 }, (): Fate => 'removed'), 'good', 'good', 'good'] },
    { second: 1001, fates: ['good', 'good', 'good'] },
  ];
  const bytes = segmentOf(runs);
  t.is(offsetsOfScan(bytes).length, 10);
  t.deepEqual(offsetsOfMerge(bytes), offsetsOfScan(bytes));
});
