import fc from 'fast-check';
import test from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import type { RepairEvent } from '../../../src/engine/repair/account/report.js';
import { FoldGapRecords } from '../../../src/engine/repair/log/made-out-fold.js';
import { GapRecords, type MadeOut } from '../../../src/engine/repair/log/made-out.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { FoldScanner } from '../../../src/engine/fold/scan/scanner.js';
import { WalScanner } from '../../../src/engine/wal/scan/scanner.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { failingDisk } from '../../support/failing-disk.js';
import { cursorRecord, deleteRecord, logOf, putRecord } from '../fold/log-bytes.js';
import { MemoryFile } from '../wal/memory-file.js';
import { entryOf, joined, recordOf } from '../wal/segment-builder.js';

const RECORDS = 12;
const KEY_AT = 8;
const FOLD_KEY_AT = 7;

/** A log in which any two keys differ in one digit, so that a damaged name is that of another key. */
interface DenseLog {
  readonly bytes: Uint8Array;
  readonly offsets: readonly number[];
  readonly keyOf: (offset: number) => string;
}

function logFrom(pieces: readonly Uint8Array[], headerBytes: number): DenseLog {
  const offsets: number[] = [];
  let at = headerBytes;
  for (const piece of pieces) {
    offsets.push(at);
    at += piece.length;
  }
  return { bytes: joined(...pieces), offsets, keyOf: (offset) => keyName(offsets.indexOf(offset)) };
}

function keyName(index: number): string {
  return `order:${String(index).padStart(2, '0')}`;
}

function denseSegment(): DenseLog {
  const pieces = Array.from({ length: RECORDS }, (_, index) => {
    const key = toUtf8(keyName(index));
    const operation =
      index % 4 === 3
        ? ({ op: 'delete', key } as const)
        : ({ op: 'put', key, value: toUtf8('a value') } as const);
    return recordOf(entryOf({ sequence: BigInt(index), lag: 0, operation }));
  });
  return logFrom(pieces, 0);
}

function denseFold(): DenseLog {
  const pieces = Array.from({ length: RECORDS }, (_, index) => {
    const revision = BigInt(index + 1);
    return index % 4 === 3
      ? deleteRecord(keyName(index), revision)
      : putRecord(keyName(index), 'a value', revision);
  });
  const log = logFrom(pieces, logOf().length);
  return { ...log, bytes: logOf(...pieces, cursorRecord(12n)) };
}

function madeOutOfSegment(bytes: Uint8Array): MadeOut[] {
  const { fileSystem } = new MemoryFile(bytes);
  const scanner = WalScanner.open('wal-0.log', { fileSystem, isLoose: true, tornTail: 'show' });
  const gaps = new GapRecords(fileSystem, fileSystem.openRead('wal-0.log'), 'wal-0.log');
  const found: MadeOut[] = [];
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    if (event === 'finding' && scanner.finding!.bytes > 0) {
      found.push(gaps.makeOut(scanner.finding!, scanner.nextSequence));
    }
  }
  return found;
}

function madeOutOfFold(bytes: Uint8Array): MadeOut[] {
  const { fileSystem } = new MemoryFile(bytes);
  const log = { fileSystem, path: 'a.snap', descriptor: fileSystem.openRead('a.snap'), size: bytes.length };
  const scanner = new FoldScanner(log, { tornTail: 'show' });
  const gaps = new FoldGapRecords(log);
  const found: MadeOut[] = [];
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    if (event === 'finding' && scanner.finding!.bytes > 0) found.push(gaps.makeOut(scanner.finding!));
  }
  return found;
}

/** What is told that is not so: a name of another key, or a number that the record has not. */
function wrongly({ offsets, keyOf }: DenseLog, told: readonly MadeOut[]): string[] {
  const names = told.flatMap(({ changes }) => changes);
  const numbered = told.flatMap(({ changes, nameless }) => [...changes, ...nameless]);
  return [
    ...names
      .filter(({ key, offset }) => Buffer.from(key).toString() !== keyOf(offset))
      .map(({ key, offset }) => `${Buffer.from(key).toString()} for ${keyOf(offset)}`),
    ...numbered
      .filter(({ sequence, offset }) => sequence !== undefined && offsets[Number(sequence)] !== offset)
      .map(({ sequence, offset }) => `sequence ${sequence} at ${offset}`),
  ];
}

const LOGS = [
  { kind: 'segment', log: denseSegment(), madeOut: madeOutOfSegment, keyAt: KEY_AT },
  { kind: 'fold log', log: denseFold(), madeOut: madeOutOfFold, keyAt: FOLD_KEY_AT },
] as const;

for (const { kind, log, madeOut, keyAt } of LOGS) {
  const at = log.offsets[5]!;
  const end = log.offsets[6]!;

  test(`each single bit of a record of a ${kind} turned: its key is told, and none that it was not`, (t) => {
    let named = 0;
    for (let bit = at * 8; bit < end * 8; bit++) {
      const bytes = log.bytes.slice();
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      const told = madeOut(bytes);
      t.deepEqual(wrongly(log, told), [], `bit ${bit}`);
      named += told.flatMap(({ changes }) => changes).length;
    }
    t.true(named > (end - at) * 8 * 0.8, `${named} named`);
  });

  test(`whatever bytes of records of a ${kind} are overwritten, no other key or number is told for them`, (t) => {
    const places = { keys: { first: keyAt, bytes: 8 }, records: { first: 0, bytes: end - at } };
    for (const { first, bytes: within } of Object.values(places)) {
      fc.assert(
        fc.property(
          fc.array(
            fc.record({
              record: fc.integer({ min: 1, max: RECORDS - 2 }),
              from: fc.integer({ min: 0, max: within - 1 }),
              digits: fc.array(fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'), {
                minLength: 1,
                maxLength: 4,
              }),
            }),
            { minLength: 1, maxLength: 4 },
          ),
          (changes) => {
            const bytes = log.bytes.slice();
            for (const { record, from, digits } of changes) {
              const start = log.offsets[record]! + first + from;
              const some = digits.slice(0, within - from);
              for (const [index, digit] of some.entries()) bytes[start + index] = digit.charCodeAt(0);
            }
            t.deepEqual(wrongly(log, madeOut(bytes)), []);
          },
        ),
        { numRuns: 2000 },
      );
    }
  });

  test(`a key of a ${kind} that reads as another one is told as not readable`, (t) => {
    const bytes = log.bytes.slice();
    bytes.set(toUtf8('order:16'), at + keyAt);
    const [found] = madeOut(bytes);
    t.deepEqual(found!.changes, []);
    t.like(found!.nameless[0], { op: 'put', offset: at });
    if (kind === 'segment') t.like(found!.nameless[0], { sequence: 5n, coreId: 0 });
  });
}

test('of several records in one gap each is told by what proves it, and by its number', (t) => {
  const log = denseSegment();
  const bytes = log.bytes.slice();
  // One bit of the value of the first, two bytes of the second's key, one bit of the third's key, the fourth's header.
  bytes[log.offsets[4]! + KEY_AT + 9]! ^= 4;
  bytes.set(toUtf8('77'), log.offsets[5]! + KEY_AT + 6);
  bytes[log.offsets[6]! + KEY_AT + 7]! ^= 1;
  bytes.fill(0xee, log.offsets[7], log.offsets[7]! + 8);
  const told = madeOutOfSegment(bytes);
  t.deepEqual(wrongly(log, told), []);
  t.deepEqual(
    told.flatMap(({ changes }) =>
      changes.map(({ key, sequence }) => [Buffer.from(key).toString(), sequence]),
    ),
    [
      ['order:04', 4n],
      ['order:06', 6n],
    ],
  );
  t.deepEqual(
    told.flatMap(({ nameless }) => nameless.map(({ op, sequence }) => [op, sequence])),
    [
      ['put', 5n],
      ['delete', 7n],
    ],
  );
});

async function repaired(fileSystem: SimulatedFileSystem | ReturnType<typeof failingDisk>, path: string) {
  const steps = repairPath({ fileSystem, path, into: '/new/wal-0.log' });
  const events: RepairEvent[] = [];
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) events.push(step.value);
  return { events, summary: step.value };
}

test('a value that the disk does not give out leaves its key readable; a key that it does not give out is not told', async (t) => {
  const value = new Uint8Array(4096).fill(0x61);
  const pieces = Array.from({ length: 3 }, (_, index) => {
    const operation = { op: 'put', key: toUtf8(keyName(index)), value } as const;
    return recordOf(entryOf({ sequence: BigInt(index), lag: 0, operation }));
  });
  const log = logFrom(pieces, 0);
  const second = log.offsets[1]!;
  const sectorOfKey = second - (second % 512);
  for (const { offset, isNamed } of [
    { offset: second + 2048, isNamed: true },
    { offset: sectorOfKey, isNamed: false },
  ]) {
    const disk = new SimulatedDisk();
    disk.plantFile('/source/wal-0.log', log.bytes);
    disk.plantFile('/new/neighbour', Uint8Array.of(1));
    const bad = [{ name: 'wal-0.log', offset, bytes: 1 }];
    const fileSystem = failingDisk(new SimulatedFileSystem({ disk }), { bad, within: '/source' });
    const { events, summary } = await repaired(fileSystem, '/source/wal-0.log');
    const keys = events.flatMap((event) =>
      'lostKey' in event ? [Buffer.from(event.lostKey.key).toString()] : [],
    );
    t.deepEqual(keys, isNamed ? ['order:01'] : [], `byte ${offset}`);
    t.is(summary.lost.keys, keys.length);
  }
});
