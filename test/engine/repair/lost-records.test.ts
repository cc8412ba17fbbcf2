import fc from 'fast-check';
import test from 'ava';
import type { Finding, LostRecords } from '../../../src/engine/finding.js';
import { LostTotal } from '../../../src/engine/repair/account/lost-total.js';
import type { RepairEvent } from '../../../src/engine/repair/account/report.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { entryOf, joined, recordOf } from '../wal/segment-builder.js';
import { scan } from '../wal/scanned.js';

const RECORDS = 40;

/** The time of a record, so that it is known again. */
function timeOf(coreId: number, sequence: number): bigint {
  return 1_770_000_000_000_000_000n + BigInt(sequence * 10 + coreId);
}

function recordAt(coreId: number, sequence: number): Uint8Array {
  const record = { coreId, sequence: BigInt(sequence), timestampNs: timeOf(coreId, sequence) };
  return recordOf(entryOf({ ...record, lag: 0, value: new Uint8Array(20 + ((sequence * 7) % 30)) }));
}

type Damage = 'rotten' | 'removed';

/** A segment in which some records are rotten, or not there: never the first, which says where the numbering begins, nor the last. */
function damagedSegment(coreId: number, damage: ReadonlyMap<number, Damage>): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let sequence = 0; sequence < RECORDS; sequence++) {
    const what = damage.get(sequence);
    if (what === 'removed') continue;
    const record = recordAt(coreId, sequence);
    if (what === 'rotten') record.fill(0xee, 12, 30);
    pieces.push(record);
  }
  return joined(...pieces);
}

const damageArbitrary = fc
  .uniqueArray(
    fc.tuple(fc.integer({ min: 1, max: RECORDS - 2 }), fc.constantFrom<Damage>('rotten', 'removed')),
    {
      selector: ([sequence]) => sequence,
      maxLength: 12,
    },
  )
  .map((pairs) => new Map(pairs));

/** What is to be told of lost sequences: a stretch for each run of them. */
function expectedLosses(coreId: number, lost: ReadonlyMap<number, Damage>): LostRecords[] {
  const runs: [number, number][] = [];
  for (const sequence of [...lost.keys()].sort((one, other) => one - other)) {
    const run = runs.at(-1);
    if (run?.[1] === sequence - 1) run[1] = sequence;
    else runs.push([sequence, sequence]);
  }
  return runs.map(([first, last]) => ({
    records: last - first + 1,
    isExact: true,
    coreId,
    firstSequence: String(first),
    lastSequence: String(last),
    afterNs: String(timeOf(coreId, first - 1)),
    beforeNs: String(timeOf(coreId, last + 1)),
  }));
}

function lossesOf(findings: readonly Finding[]): LostRecords[] {
  return findings.flatMap(({ lost }) => lost ?? []);
}

async function repaired(files: Readonly<Record<string, Uint8Array>>, path: string) {
  const disk = new SimulatedDisk();
  for (const [name, bytes] of Object.entries(files)) disk.plantFile(name, bytes);
  disk.plantFile('/new/neighbour', Uint8Array.of(1));
  const steps = repairPath({ fileSystem: new SimulatedFileSystem({ disk }), path, into: '/new/made' });
  const events: RepairEvent[] = [];
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) events.push(step.value);
  const findings = events.flatMap((event) => ('finding' in event ? [event.finding] : []));
  return { findings, lost: step.value.lost };
}

test('each gap of a segment is told with its records, sequences, times and core, exactly', (t) => {
  fc.assert(
    fc.property(damageArbitrary, (damage) => {
      const { findings } = scan(damagedSegment(3, damage));
      t.deepEqual(lossesOf(findings), expectedLosses(3, damage));
    }),
    { numRuns: 500 },
  );
});

test('a repair of several cores tells each gap, and sums all of them up core by core', async (t) => {
  await fc.assert(
    fc.asyncProperty(damageArbitrary, damageArbitrary, async (first, second) => {
      const files = {
        '/source/wal-0.log': damagedSegment(0, first),
        '/source/wal-1.log': damagedSegment(1, second),
      };
      const { findings, lost } = await repaired(files, '/source');
      const expected = [...expectedLosses(0, first), ...expectedLosses(1, second)];
      t.deepEqual(lossesOf(findings), expected);
      t.is(lost.records, first.size + second.size);
      t.deepEqual(
        lost.byCore.map(({ coreId, records, isExact }) => [coreId, records, isExact]),
        [first, second].flatMap(({ size }, coreId) => (size === 0 ? [] : [[coreId, size, true]])),
      );
      for (const { coreId, firstSequence, lastSequence, afterNs, beforeNs } of lost.byCore) {
        const ofCore = expected.filter((one) => one.coreId === coreId);
        t.is(firstSequence, ofCore[0]!.firstSequence);
        t.is(lastSequence, ofCore.at(-1)!.lastSequence);
        t.is(afterNs, ofCore[0]!.afterNs);
        t.is(beforeNs, ofCore.at(-1)!.beforeNs);
      }
    }),
    { numRuns: 100 },
  );
});

test('of a bad end of which nobody knows how long it was, at least as many records are told as can be made out', async (t) => {
  const bad = [recordAt(0, 2), recordAt(0, 3)];
  for (const record of bad) record.fill(0xee, 12, 30);
  const { findings, lost } = await repaired({ '/source/wal-0.log': joined(...bad) }, '/source/wal-0.log');
  const told = [{ records: 2, isExact: false, coreId: 0 }];
  t.deepEqual(lossesOf(findings), told);
  t.deepEqual(lost.byCore, told);
});

test('a bad end of a log that was closed is told exactly', (t) => {
  const bad = joined(recordAt(0, 2), recordAt(0, 3)).fill(0xee);
  const bytes = joined(recordAt(0, 0), recordAt(0, 1), bad);
  const closedAt = {
    end: bytes.length,
    records: 4,
    nextSequence: 4n,
    identity: 'another file',
    changedNs: 0n,
  };
  const [finding, ...others] = scan(bytes, { closedAt, coreId: 0 }).findings;
  t.deepEqual(others, []);
  t.like(finding!.lost, { records: 2, isExact: true, firstSequence: '2', lastSequence: '3' });
});

test('bytes that were added between two records cost none', (t) => {
  const { findings } = scan(joined(recordAt(0, 0), new Uint8Array(96).fill(0xee), recordAt(0, 1)));
  t.is(findings.length, 1);
  t.deepEqual(findings[0]!.lost, {
    records: 0,
    isExact: true,
    coreId: 0,
    afterNs: String(timeOf(0, 0)),
    beforeNs: String(timeOf(0, 1)),
  });
});

test('where numbering begins anew behind a gap, the records before that are counted at the least', (t) => {
  const old = (sequence: number, at: bigint): Uint8Array =>
    recordOf(entryOf({ sequence: BigInt(sequence), timestampNs: at }));
  const bad = new Uint8Array(3 * old(0, 0n).length).fill(0xee);
  const { findings } = scan(joined(old(0, 1n), old(1, 2n), bad, old(2, 9n), old(3, 10n)));
  t.is(findings[0]!.lost?.records, 0, 'they may follow');
  const again = scan(joined(old(0, 1n), old(1, 2n), old(2, 3n), old(3, 4n), bad, old(2, 9n), old(3, 10n)));
  t.like(again.findings[0]!.lost, { records: 2, isExact: false, lastSequence: '1', restarts: 1 });
});

test('the sum of losses is that of the sequences in any of them', (t) => {
  const stretch = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(fc.array(stretch, { maxLength: 20 }), (stretches) => {
      const total = new LostTotal();
      const lost = new Set<number>();
      for (const [first, records] of stretches) {
        const last = first + records - 1;
        const ends = { firstSequence: String(first), lastSequence: String(last) };
        total.take({ records, isExact: true, coreId: 1, ...ends }, 'wal-1.log');
        for (let sequence = first; sequence <= last; sequence++) lost.add(sequence);
      }
      t.is(total.records, lost.size);
    }),
  );
});
