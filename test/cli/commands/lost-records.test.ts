import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { LostRecords } from '../../../src/engine/finding.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

interface Place {
  readonly offset: number;
  readonly sequence: string;
  readonly timestampNs: string;
}

/** A store of two logs, closed cleanly, and the records of both. */
async function storeOf(t: ExecutionContext): Promise<{
  readonly store: string;
  readonly records: Record<'closed' | 'live', Place[]>;
  readonly segmentOf: (log: 'closed' | 'live') => string;
}> {
  const store = path.join(tempDir(t), 'store');
  const batch = (from: number): string =>
    Array.from({ length: 6 }, (_, index) => `key-${from + index}\t${'value '.repeat(5)}\n`).join('');
  await commandLine(['put', store, '--batch', '-', '--tsv'], { input: [batch(0)] });
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, '--batch', '-', '--tsv'], { input: [batch(5)] });
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, '--batch', '-', '--tsv'], { input: [batch(10)] });
  const segmentOf = (log: 'closed' | 'live'): string =>
    path.join(store, 'wal', log === 'live' ? '3' : '2', 'wal-0.log');
  const placesOf = async (log: 'closed' | 'live'): Promise<Place[]> => {
    const { stdout } = await commandLine(['wal-replay', segmentOf(log), '--no-merge', '--json']);
    return linesOf(stdout) as unknown as Place[];
  };
  return { store, records: { closed: await placesOf('closed'), live: await placesOf('live') }, segmentOf };
}

const RECORD =
  /lost: (\d+) records?, sequences? (\d+)(?: to (\d+))?, (?:between (\S+) and|after) (\S+), of core 0/;

/** What verify, repair, its dry run and a rescue say of a damaged store: the same, in text and in JSON. */
async function told(t: ExecutionContext, store: string): Promise<LostRecords[]> {
  const folder = tempDir(t);
  const verified = await commandLine(['verify', store, '--json']);
  const into = path.join(folder, 'into');
  const repair = ['repair', store, '--into', into];
  const dry = await commandLine([...repair, '--dry-run', '--json']);
  const real = await commandLine([...repair, '--json']);
  const texts = [
    await commandLine(['verify', store]),
    await commandLine([...repair, '--dry-run'].map((word) => (word === into ? `${into}2` : word))),
  ];
  const lostOf = (output: string): LostRecords[] =>
    linesOf(output).flatMap((line) =>
      'finding' in line ? (((line['finding'] as JsonLine)['lost'] as LostRecords | undefined) ?? []) : [],
    );
  const lost = lostOf(real.stdout);
  t.deepEqual(lostOf(dry.stdout), lost);
  t.deepEqual(lostOf(verified.stdout), lost);
  const summary = linesOf(real.stdout).at(-1)!['summary'] as {
    lost: { records: number; byCore: LostRecords[] };
  };
  t.is(
    summary.lost.records,
    lost.reduce((sum, { records }) => sum + records, 0),
  );
  for (const { stdout } of texts)
    for (const one of lost) {
      const found = stdout.split('\n').filter((line) => RECORD.exec(line)?.[2] === one.firstSequence);
      t.true(found.length > 0, stdout);
    }
  t.regex(texts[1]!.stdout, new RegExp(`^lost in all: ${summary.lost.records} records?: `, 'm'));
  const rescued = await commandLine(['rescue', store, '--into', path.join(folder, 'rescued')]);
  t.regex(rescued.stdout, new RegExp(`^lost in all: ${summary.lost.records} records?: `, 'm'));
  return lost;
}

test('records within a log are told by the ones beside them', async (t) => {
  const { store, records, segmentOf } = await storeOf(t);
  const bytes = readFileSync(segmentOf('live'));
  const [before, first, second, behind] = records.live as [Place, Place, Place, Place];
  for (const { offset } of [first, second]) bytes.fill(0xee, offset + 10, offset + 30);
  writeFileSync(segmentOf('live'), bytes);
  t.deepEqual(await told(t, store), [
    {
      records: 2,
      isExact: true,
      coreId: 0,
      firstSequence: first.sequence,
      lastSequence: second.sequence,
      afterNs: before.timestampNs,
      beforeNs: behind.timestampNs,
    },
  ]);
});

test('the end of a log that was closed cleanly is told by what the close wrote down', async (t) => {
  const { store, records, segmentOf } = await storeOf(t);
  const { live } = records;
  truncateSync(segmentOf('live'), live[3]!.offset);
  const [lost, ...others] = await told(t, store);
  t.deepEqual(others, []);
  t.like(lost, {
    records: live.length - 3,
    isExact: true,
    firstSequence: live[3]!.sequence,
    lastSequence: live.at(-1)!.sequence,
    afterNs: live[2]!.timestampNs,
  });
});

for (const log of ['closed', 'live'] as const) {
  test(`a ${log} log that is gone is told by what the manifest, or the close, says of it`, async (t) => {
    const { store, records, segmentOf } = await storeOf(t);
    rmSync(segmentOf(log));
    const ofLog = records[log];
    const [lost, ...others] = await told(t, store);
    t.deepEqual(others, []);
    t.like(lost, {
      records: ofLog.length,
      isExact: true,
      coreId: 0,
      firstSequence: ofLog[0]!.sequence,
      lastSequence: ofLog.at(-1)!.sequence,
      ...(log === 'live' ? { afterNs: records.closed.at(-1)!.timestampNs } : {}),
    });
    // What came after the end of the live log is not known.
    t.is(lost!.beforeNs, log === 'live' ? undefined : ofLog.at(-1)!.timestampNs);
  });
}

test('a repair sums up what several logs lost', async (t) => {
  const { store, records, segmentOf } = await storeOf(t);
  for (const log of ['closed', 'live'] as const) {
    const copy = readFileSync(segmentOf(log));
    copy.fill(0xee, records[log][2]!.offset + 10, records[log][2]!.offset + 30);
    writeFileSync(segmentOf(log), copy);
  }
  t.is((await told(t, store)).length, 2);
});
