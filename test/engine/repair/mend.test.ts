import test from 'ava';
import { crc32 } from '../../../src/engine/bytes/crc/checksum.js';
import { applyMend, onlyMend } from '../../../src/engine/bytes/record-mend.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import type { PlacedMend } from '../../../src/engine/bytes/record-mend.js';
import { findMends, type LogFormat } from '../../../src/engine/repair/mend/log-format.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { doubleBitsRow, singleBitRotRow } from '../../torture/damage/mend-rows.js';
import { TortureTask } from '../../torture/row.js';
import { cursorRecord, logOf, putRecord } from '../fold/log-bytes.js';
import { MemoryFile } from '../wal/memory-file.js';
import { entryOf, joined, recordOf } from '../wal/segment-builder.js';

const HEADER_BYTES = 6;
const SUM_BYTES = 4;

for (const row of [singleBitRotRow, doubleBitsRow]) {
  test(`a sample of ${row.title}`, async (t) => {
    const task = new TortureTask(row, 'part', 11, 0, 1);
    await row.run(task);
    t.true(task.count > 1000);
    t.deepEqual(task.violations, []);
  });
}

function mendsIn(bytes: Uint8Array, format: LogFormat): readonly PlacedMend[] {
  return findMends(new MemoryFile(bytes).fileSystem, '/log', format, 'all').mends;
}

function sequenceOf(sequence: bigint): Uint8Array {
  return recordOf(entryOf({ sequence, lag: 0 }));
}

function flipped(bytes: Uint8Array, at: number, mask = 1): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= mask;
  return copy;
}

/** What a changed byte does to the sum of a record: places and changes by syndrome. */
function* byteSyndromes(record: Uint8Array, from: number, to: number, masks: readonly number[]) {
  const sum = crc32(record, SUM_BYTES);
  for (let at = from; at < to; at++) {
    for (const mask of masks) yield { syndrome: crc32(flipped(record, at, mask), SUM_BYTES) ^ sum, at, mask };
  }
}

const VALUE = Uint8Array.from({ length: 1000 }, (_, at) => (at * 89 + 7) & 0xff);
const RECORD = putRecord('key', VALUE, 5n);
const VALUE_AT = 14;
const VALUE_END = VALUE_AT + VALUE.length;
const ONE_BIT = [1, 2, 4, 8, 16, 32, 64, 128];
const MORE_BITS = Array.from({ length: 255 }, (_, at) => at + 1).filter((mask) => !ONE_BIT.includes(mask));

function inLog(record: Uint8Array): Uint8Array {
  return logOf(record, putRecord('next', 'value', 6n), cursorRecord(6n));
}

test('where two changes would do, none is certain', (t) => {
  const mend = { kind: 'bit', at: 9, before: Uint8Array.of(1), after: Uint8Array.of(3), end: 80 } as const;
  t.is(onlyMend([mend]), mend);
  t.is(onlyMend([mend, { ...mend, at: 10 }]), undefined);
  t.is(onlyMend([]), undefined);
});

test('a byte that two wrong bits explain as well is left as it is', (t) => {
  const bytes = new Map<number, number>();
  for (const { syndrome, at } of byteSyndromes(RECORD, VALUE_AT, VALUE_END, MORE_BITS))
    bytes.set(syndrome, at);
  const bits = [...byteSyndromes(RECORD, VALUE_AT, VALUE_END, ONE_BIT)];
  let twins = 0;
  for (const [index, one] of bits.entries()) {
    // So many are enough, and there are some among the first.
    if (twins > 3) break;
    for (const other of bits.slice(index + 1)) {
      const at = bytes.get(one.syndrome ^ other.syndrome);
      if (at === undefined || one.at === other.at) continue;
      twins += 1;
      const damaged = flipped(flipped(RECORD, one.at, one.mask), other.at, other.mask);
      t.deepEqual(mendsIn(inLog(damaged), 'fold'), []);
    }
  }
  t.true(twins > 0, 'there are bits that look like another byte');
});

test('a record is put right only where its number is the next one', (t) => {
  const bit = 40;
  const fits = joined(sequenceOf(0n), sequenceOf(1n), flipped(sequenceOf(2n), bit), sequenceOf(3n));
  t.is(mendsIn(fits, 'segment').length, 1);
  const strange = joined(sequenceOf(0n), sequenceOf(1n), flipped(sequenceOf(7n), bit), sequenceOf(3n));
  t.deepEqual(mendsIn(strange, 'segment'), []);
});

test('a record of a fold log is put right only where its revision lies between those beside it', (t) => {
  const before = Array.from({ length: 9 }, (_, at) => putRecord(`k${9 - at}`, 'value', BigInt(at + 1)));
  const logWith = (revision: bigint): Uint8Array =>
    logOf(
      ...before,
      flipped(putRecord('a key', 'its value', revision), 16),
      putRecord('z', 'v', 20n),
      cursorRecord(20n),
    );
  t.is(mendsIn(logWith(12n), 'fold').length, 1);
  t.deepEqual(mendsIn(logWith(4n), 'fold'), []);
  t.deepEqual(mendsIn(logWith(21n), 'fold'), []);
});

test('a record of a fold log that is so long that two wrong bits may look like one is not mended', (t) => {
  const value = new Uint8Array(12_000).fill(0x61);
  const damaged = inLog(flipped(putRecord('key', value, 5n), 6000));
  t.deepEqual(mendsIn(damaged, 'fold'), []);
  const large = recordOf(entryOf({ sequence: 1n, operation: { op: 'put', key: toUtf8('key'), value } }));
  const segment = joined(recordOf(entryOf({})), flipped(large, 6000));
  t.is(mendsIn(segment, 'segment').length, 1, 'CRC-32C tells them apart by their number');
});

test('a record that holds whole records as its value is put right as one', (t) => {
  const value = joined(sequenceOf(5n), sequenceOf(6n));
  const outer = recordOf(
    entryOf({ sequence: 1n, value, lag: 0, operation: { op: 'put', key: toUtf8('log'), value } }),
  );
  for (const at of [0, 2, 12, outer.length - 40]) {
    const bytes = joined(sequenceOf(0n), flipped(outer, at, 0x40), sequenceOf(2n));
    const [only, ...others] = mendsIn(bytes, 'segment');
    t.deepEqual(others, []);
    t.deepEqual(applyMend(bytes.subarray(only!.offset), only!.mend), outer);
  }
});

test('carriage returns that were there before are left, and a wrong bit among them is put right', async (t) => {
  const log = logOf(
    putRecord('a', 'one\r\nand two\r\n', 1n),
    putRecord('b', 'three\r\n', 2n),
    cursorRecord(2n),
  );
  const damaged = flipped(log, HEADER_BYTES + 16);
  const disk = new SimulatedDisk();
  disk.plantFile('/source/a.snap', damaged);
  disk.plantFile('/new/neighbour', Uint8Array.of(1));
  const fileSystem = new SimulatedFileSystem({ disk });
  const steps = repairPath({ fileSystem, path: '/source/a.snap', into: '/new/a.snap', mend: true });
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) {
    if ('mended' in step.value) t.like(step.value.mended, { kind: 'bit', record: HEADER_BYTES });
  }
  t.is(step.value.mended, 1);
  t.deepEqual(disk.fileBytes('/new/a.snap'), log);
  t.deepEqual(disk.fileBytes('/source/a.snap'), damaged);
  t.deepEqual(fileSystem.openPaths, []);
});

test('a gap of nothing but noise is left as it is, and so are the records beside it', (t) => {
  let state = 12_345;
  const noise = Uint8Array.from(
    { length: 5000 },
    () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24,
  );
  const segment = joined(sequenceOf(0n), noise, sequenceOf(9n));
  t.deepEqual(mendsIn(segment, 'segment'), []);
  t.deepEqual(mendsIn(logOf(putRecord('a', 'b', 1n), noise, putRecord('c', 'd', 2n)), 'fold'), []);
});
