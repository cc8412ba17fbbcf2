import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  BrowsedLog,
  type LogPage,
  type PageItem,
} from '../../../../src/engine/inspect/browse/browsed-log.js';
import { logFilesOf } from '../../../../src/engine/inspect/browse/log-file.js';
import { BLOCKS_MAX, SparseIndex } from '../../../../src/engine/inspect/browse/sparse-index.js';
import { runToEnd } from '../../../../src/engine/steps.js';
import { realFileSystem } from '../../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../../src/engine/storage-io/views/replaced-members.js';
import { tempDir } from '../../../support/temp-dir.js';
import { keyOfRecord, largeLog, offsetOfRecord } from './large-log.js';
import { joined, records } from '../../wal/segment-builder.js';

/* A log read where somebody looks, held against all of its records at once; however much of it is indexed yet. */

interface Known {
  readonly offset: number;
  readonly bytes: number;
  readonly key: string;
  readonly sequence: bigint;
  readonly timeNs: bigint;
}

/** A segment of records with keys of few names and times that go back now and then; some are damaged, and not known. */
function segment(file: string, choices: readonly { key: number; back: number; bad: boolean }[]): Known[] {
  const known: Known[] = [];
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const [index, { key, back, bad }] of choices.entries()) {
    const sequence = BigInt(index);
    const timestampNs = 1_770_000_000_000_000_000n + BigInt(index - back) * 1_000_000_000n;
    const operation = { op: 'put', key: Buffer.from(`key ${key}`), value: Buffer.from(`v${index}`) } as const;
    const [piece] = records(1, sequence, { operation, timestampNs });
    if (bad) piece![9]! ^= 0x55;
    else known.push({ offset, bytes: piece!.length, key: `key ${key}`, sequence, timeNs: timestampNs });
    pieces.push(piece!);
    offset += piece!.length;
  }
  writeFileSync(file, joined(...pieces));
  return known;
}

function offsetsOf(items: readonly PageItem[]): number[] {
  return items.flatMap((item) => ('record' in item ? [item.record.offset] : []));
}

test('pages, searches and jumps find what reading all of it finds, whether or not the index is there', (t) => {
  const folder = tempDir(t);
  const choice = fc.record({
    key: fc.nat(4),
    back: fc.nat(3),
    bad: fc.integer({ min: 0, max: 19 }).map((one) => one === 0),
  });
  const place = fc.nat(40_000);
  const shape = {
    choices: fc.array(choice, { minLength: 1, maxLength: 400 }),
    indexed: fc.boolean(),
    pageSize: fc.integer({ min: 1, max: 60 }),
    places: fc.array(place, { minLength: 3, maxLength: 3 }),
  };
  let run = 0;
  fc.assert(
    fc.property(fc.record(shape), ({ choices, indexed, pageSize, places }) => {
      const file = path.join(folder, `${run++}.log`);
      const known = segment(file, choices);
      if (known.length === 0) return;
      const log = new BrowsedLog(logFilesOf(realFileSystem(), file)[0]!);
      if (indexed) runToEnd(log.indexing());
      const seen: number[] = [];
      for (let at: number | undefined = 0; at !== undefined;) {
        const page: LogPage = runToEnd(log.page(at, pageSize));
        seen.push(...offsetsOf(page.items));
        at = page.next;
      }
      t.deepEqual(
        seen,
        known.map(({ offset }) => offset),
      );
      for (const at of places) {
        const page = runToEnd(log.page(at, 1));
        const [first] = offsetsOf(runToEnd(log.page(at, choices.length + 1)).items);
        t.is(first, known.find(({ offset, bytes }) => offset + bytes > at)?.offset);
        t.is(
          page.hasBefore,
          known.some(({ offset, bytes }) => offset + bytes <= at),
        );
        const before = known.filter(({ offset }) => offset < at);
        t.is(
          runToEnd(log.startBefore(at, pageSize)),
          before.at(-Math.min(pageSize, before.length))?.offset ?? 0,
        );
        const key = `key ${at % 6}`;
        const sought = Buffer.from(key);
        const ofKey = known.filter((one) => one.key === key);
        t.is(runToEnd(log.nextOf(sought, at)), ofKey.find(({ offset }) => offset >= at)?.offset);
        t.is(runToEnd(log.previousOf(sought, at)), ofKey.filter(({ offset }) => offset < at).at(-1)?.offset);
        const sequence = BigInt(at % (choices.length + 2));
        const timeNs = 1_770_000_000_000_000_000n + sequence * 1_000_000_000n - 1n;
        t.is(
          runToEnd(log.firstWith('sequence', sequence)),
          known.find((one) => one.sequence >= sequence)?.offset,
        );
        t.is(runToEnd(log.firstWith('time', timeNs)), known.find((one) => one.timeNs >= timeNs)?.offset);
      }
    }),
    { numRuns: 60 },
  );
});

test('an index of any number of records has as many blocks at the most, and still says where each begins', (t) => {
  const index = new SparseIndex();
  const count = 3_000_000;
  for (let record = 0; record < count; record++) index.add(record * 10, record, -record);
  t.is(index.records, count);
  t.true(index.blocks <= BLOCKS_MAX);
  t.true(index.blocks > BLOCKS_MAX / 4);
  for (const record of [0, 1, 63, 64, 999_999, count - 1]) {
    const block = index.blockAt(record * 10);
    const first = index.recordsBefore(block);
    t.is(index.offsetOf(block), first * 10);
    t.true(first <= record && (index.offsetOf(block + 1) ?? Infinity) > record * 10);
    const found = index.firstBlockWith('sequence', record);
    t.true(index.recordsBefore(found) <= record);
    t.true((index.offsetOf(found + 1) ?? Infinity) > record * 10);
  }
});

test('a page far on in a log reads what lies round it, and no more', (t) => {
  const file = path.join(tempDir(t), 'large.snap');
  const count = 400_000;
  largeLog(file, count);
  let readBytes = 0;
  const disk = realFileSystem();
  const counting = withReplaced(disk, {
    read: (descriptor, into, offset, length, position) => {
      const bytes = disk.read(descriptor, into, offset, length, position);
      readBytes += bytes;
      return bytes;
    },
  });
  const log = new BrowsedLog(logFilesOf(counting, file)[0]!);
  runToEnd(log.indexing());
  const whole = offsetOfRecord(count);
  t.true(readBytes >= whole);
  readBytes = 0;
  const page = runToEnd(log.page(offsetOfRecord(390_000), 50));
  t.is(page.items.length, 50);
  t.is(page.next, offsetOfRecord(390_050));
  t.true(readBytes < whole / 4, `${readBytes} of ${whole}`);
  readBytes = 0;
  t.is(runToEnd(log.startBefore(offsetOfRecord(390_000), 50)), offsetOfRecord(389_950));
  t.is(
    runToEnd(log.previousOf(Buffer.from(keyOfRecord(389_999)), offsetOfRecord(390_000))),
    offsetOfRecord(389_999),
  );
  t.true(readBytes < whole / 2, `${readBytes} of ${whole}`);
});
