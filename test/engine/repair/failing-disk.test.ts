import { cpSync, mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { isStatelogError } from '../../../src/engine/errors.js';
import type { Finding } from '../../../src/engine/finding.js';
import { openReadable } from '../../../src/engine/inspect/open.js';
import { findLogs } from '../../../src/engine/inspect/replay/replay-logs.js';
import { Replay } from '../../../src/engine/inspect/replay/replay.js';
import { statPath } from '../../../src/engine/inspect/stat/stat.js';
import { verifyPath, type VerifySummary } from '../../../src/engine/inspect/verify/verify-path.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import { rescuePath, type RescueEvent } from '../../../src/engine/repair/rescue.js';
import type { RepairEvent, RepairSummary } from '../../../src/engine/repair/account/report.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { readingOnFileSystem } from '../../../src/engine/storage-io/views/reading-on-file-system.js';
import { importStore } from '../../../src/engine/transfer/import-store.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { commandLine } from '../../support/command-line.js';
import { failingDisk, type DiskFaults } from '../../support/failing-disk.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { pairContent } from '../../torture/damage/damaged-pair.js';
import { unsyncedFileSystem } from '../../torture/damage/unsynced-file-system.js';

const good = unsyncedFileSystem();

interface Outcome {
  readonly findings: readonly Finding[];
  readonly summary: VerifySummary;
}

function verified(disk: FileSystem, file: string): Outcome {
  const steps = verifyPath(disk, file, { quick: false });
  const findings: Finding[] = [];
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) findings.push(step.value);
  return { findings, summary: step.value };
}

async function repaired(fileSystem: FileSystem, source: string, into: string | undefined) {
  const steps = repairPath({ fileSystem, path: source, into });
  const events: RepairEvent[] = [];
  let step = await steps.next();
  for (; step.done !== true; step = await steps.next()) events.push(step.value);
  return { events, summary: step.value satisfies RepairSummary };
}

function badPlaces(findings: readonly Finding[]): readonly (readonly [string, number, number])[] {
  return findings
    .filter(({ class: kind }) => kind === 'unreadable')
    .map(({ file, offset, bytes }) => [path.basename(file), offset, bytes] as const);
}

const SEGMENT = fixturePath('wal-ops/wal-0.log');
const SEGMENT_BYTES = statSync(SEGMENT).size;

for (const [where, offset] of [
  ['in the middle', 2048],
  ['at the end', SEGMENT_BYTES - 10],
  ['at the start', 0],
] as const) {
  test(`a segment with a bad sector ${where} is damaged there, and all else of it is read`, async (t) => {
    const faults = { bad: [{ name: 'wal-0.log', offset, bytes: 1 }] };
    const disk = failingDisk(good, faults);
    const start = offset - (offset % 512);
    const span = ['wal-0.log', start, Math.min(512, SEGMENT_BYTES - start)];

    const whole = verified(good, SEGMENT);
    const { findings, summary } = verified(disk, SEGMENT);
    t.deepEqual(badPlaces(findings), [span]);
    t.regex(findings.find(({ class: kind }) => kind === 'unreadable')!.hint!, /ddrescue/);
    t.true(findings.every(({ severity }) => severity !== 'torn'));
    t.true(findings.some(({ severity, class: kind }) => severity === 'damage' && kind !== 'unreadable'));
    t.true(summary.records > 0 && summary.records < whole.summary.records);

    const view = readingOnFileSystem(disk);
    for (const isMerged of [true, false]) {
      const replay = new Replay(view, findLogs(view, SEGMENT), isMerged);
      let records = 0;
      const told: Finding[] = [];
      for (let event = replay.next(); event !== 'end'; event = replay.next()) {
        if (event === 'record') records += 1;
        else told.push(replay.finding!);
      }
      t.is(records, summary.records);
      if (isMerged) t.deepEqual(badPlaces(told), [span]);
      t.true(told.some(({ severity, class: kind }) => severity === 'damage' && kind !== 'unreadable'));
    }

    t.regex(statPath(disk, SEGMENT, { digest: false }).problem ?? '', /the disk does not give out/);

    const folder = tempDir(t);
    const into = path.join(folder, 'new.log');
    const outcome = await repaired(disk, SEGMENT, into);
    t.is(outcome.summary.kept.records, summary.records);
    t.false(outcome.summary.isWhole);
    t.true(outcome.summary.gaps >= 2);
    t.deepEqual(badPlaces(outcome.events.flatMap((event) => ('finding' in event ? [event.finding] : []))), [
      span,
    ]);
    t.is(verified(good, into).summary.records, summary.records);

    const inPlace = await t.throwsAsync(repaired(disk, SEGMENT, undefined));
    t.true(isStatelogError(inPlace, 'DAMAGED'), String(inPlace));

    const imported = await t.throwsAsync(
      importStore({ fileSystem: disk, source: SEGMENT, destination: path.join(folder, 'store') }),
    );
    t.true(isStatelogError(imported, 'IO_FAILED'), String(imported));
    t.deepEqual(readdirSync(folder), ['new.log']);
  });
}

test('a bad sector at the end of a fold log is damage, and no torn tail', async (t) => {
  const log = path.join(tempDir(t), 'fold.snap');
  cpSync(fixturePath('fold-log.snap'), log);
  const { size } = statSync(log);
  const disk = failingDisk(good, { bad: [{ name: 'fold.snap', offset: size - 1, bytes: 1 }] });
  const { findings } = verified(disk, log);
  t.is(badPlaces(findings).length, 1);
  t.true(findings.every(({ severity }) => severity === 'damage'));
  const { summary } = await repaired(disk, log, path.join(tempDir(t), 'new.snap'));
  t.false(summary.isWhole);
  t.is(summary.torn, 0);
});

test("a value that cannot be read in LaminarDB's state file is lost, and never taken for zeros", async (t) => {
  const folder = tempDir(t);
  for (const name of ['state-large.db', 'state-large.idx'])
    cpSync(fixturePath(name), path.join(folder, name));
  const before = pairContent(fixturePath('state-large.db'));
  const source = path.join(folder, 'state-large.db');
  const indexBytes = statSync(path.join(folder, 'state-large.idx')).size;
  for (const [at, bad] of [
    { name: 'state-large.db', offset: 40_000, bytes: 1 },
    { name: 'state-large.idx', offset: 40_000, bytes: 1 },
    { name: 'state-large.idx', offset: indexBytes - 1, bytes: 1 },
  ].entries()) {
    const into = path.join(folder, `new-${at}.db`);
    const { events, summary } = await repaired(failingDisk(good, { bad: [bad] }), source, into);
    const content = pairContent(into);
    for (const [key, value] of content) t.is(value, before.get(key) ?? 'none');
    t.true(content.size < before.size && content.size > before.size - 120, `${content.size}`);
    t.false(summary.isWhole);
    // The index's last bytes say how many there were.
    if (at < 2) t.is(summary.lost.keys, before.size - content.size);
    const findings = events.flatMap((event) => ('finding' in event ? [event.finding] : []));
    t.is(badPlaces(findings)[0]?.[0], bad.name);
  }
});

async function storeOf(folder: string): Promise<string> {
  const store = path.join(folder, 'store');
  await commandLine(['create', store, '--cores', '3']);
  const lines = Array.from({ length: 300 }, (_, at) => JSON.stringify({ key: `k${at}`, value: `v${at}` }));
  const input = [Buffer.from(`${lines.slice(0, 150).join('\n')}\n`)];
  await commandLine(['put', store, '--batch', '-'], { input });
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, '--batch', '-'], {
    input: [Buffer.from(`${lines.slice(150).join('\n')}\n`)],
  });
  return store;
}

test('a state directory with bad sectors in a log, a checkpoint and the manifest is verified to its end, and repaired', async (t) => {
  const folder = tempDir(t);
  const store = await storeOf(folder);
  const bad = [
    { name: 'wal-1.log', offset: 100, bytes: 1 },
    { name: 'state-2.db', offset: 40, bytes: 1 },
  ];
  const { findings, summary } = verified(failingDisk(good, { bad, within: store }), store);
  const files = new Set(badPlaces(findings).map(([name]) => name));
  t.deepEqual([...files].sort(), ['state-2.db', 'wal-1.log']);
  t.is(summary.files, 8);
  const outcome = await repaired(failingDisk(good, { bad, within: store }), store, path.join(folder, 'new'));
  t.false(outcome.summary.isWhole);
  t.true(outcome.summary.kept.keys > 200);
  t.is(verified(good, path.join(folder, 'new')).summary.damage, 0);

  const noManifest = failingDisk(good, {
    bad: [{ name: 'MANIFEST.json', offset: 0, bytes: 1 }],
    within: store,
  });
  t.is(badPlaces(verified(noManifest, store).findings).length, 1);
  const mended = await repaired(noManifest, store, path.join(folder, 'mended'));
  t.is(mended.summary.kept.keys, 300);
});

for (const name of ['wal-1.log', 'state-2.db', 'state-2.idx', 'MANIFEST.json']) {
  test(`a rescue reads on round a bad sector at the start of ${name}`, async (t) => {
    const folder = tempDir(t);
    const store = await storeOf(folder);
    const fileSystem = failingDisk(good, { bad: [{ name, offset: 0, bytes: 1 }], within: store });
    const steps = rescuePath({ fileSystem, path: store, into: path.join(folder, 'new') });
    const comparisons: RescueEvent[] = [];
    let step = await steps.next();
    for (; step.done !== true; step = await steps.next())
      if ('comparison' in step.value) comparisons.push(step.value);
    t.false(step.value.isSound);
    t.true(step.value.repair.kept.keys >= 200);
    t.is(comparisons.length, 1);
    t.is(verified(good, path.join(folder, 'new')).summary.damage, 0);
  });
}

test('a file that cannot be opened stops nothing of the others, and says so in the end', async (t) => {
  const folder = tempDir(t);
  const store = await storeOf(folder);
  const live = path.join(folder, 'live');
  mkdirSync(live);
  cpSync(path.join(store, 'wal/2'), live, { recursive: true });
  for (const [errno, isRefused] of [
    ['EACCES', true],
    ['EIO', undefined],
  ] as const) {
    for (const place of [store, live]) {
      const disk = failingDisk(good, { unopened: { 'wal-1.log': errno }, within: place });
      const { findings, summary } = verified(disk, place);
      const unopened = findings.filter(({ class: kind }) => kind === 'unreadable');
      t.true(unopened.length > 0, errno);
      t.true(
        unopened.every((finding) => finding.isRefused === isRefused && finding.file.endsWith('wal-1.log')),
      );
      t.true(summary.records > 50);
      const view = readingOnFileSystem(disk);
      const replay = new Replay(view, findLogs(view, place), true);
      const told: Finding[] = [];
      let records = 0;
      for (let event = replay.next(); event !== 'end'; event = replay.next()) {
        if (event === 'finding') told.push(replay.finding!);
        else records += 1;
      }
      t.is(records, summary.records);
      t.is(told.filter(({ class: kind }) => kind === 'unreadable').length, unopened.length);
      const outcome = await repaired(disk, place, path.join(folder, `new-${errno}-${path.basename(place)}`));
      t.false(outcome.summary.isWhole);
      t.true(outcome.summary.kept.records > 50);
    }
  }
});

test('a file that is cut while it is verified, replayed, told of or repaired is an error, and no damage', async (t) => {
  const run = async (work: (disk: FileSystem, file: string) => unknown): Promise<void> => {
    const file = path.join(tempDir(t), 'wal-0.log');
    const writer = CoreWalWriter.create(0, file);
    for (let at = 0; at < 20; at++) writer.appendPut(Buffer.from(`key-${at}`), new Uint8Array(200_000));
    writer.close();
    const faults: DiskFaults = {
      beforeRead: (_name, position) => {
        if (position > 1_000_000) truncateSync(file, 900_000);
      },
    };
    const error = await t.throwsAsync(async () => {
      await work(failingDisk(good, faults), file);
    });
    t.true(isStatelogError(error, 'IO_FAILED'), String(error));
  };
  await run((disk, file) => verified(disk, file));
  await run((disk, file) => repaired(disk, file, `${file}-new`));
  await run((disk, file) => {
    const view = readingOnFileSystem(disk);
    const replay = new Replay(view, findLogs(view, file), true);
    while (replay.next() !== 'end');
  });
});

test('a log that is cut while it is read for a lookup is an error, and never an older value', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'key', 'old']);
  const segment = path.join(store, 'wal/1/wal-0.log');
  const input = [Buffer.from(JSON.stringify({ key: 'big', value: 'x'.repeat(3_000_000) }))];
  await commandLine(['put', store, '--batch', '-'], { input });
  await commandLine(['put', store, 'key', 'new']);
  const disk = failingDisk(good, {
    beforeRead: (name, position) => {
      if (name === 'wal-0.log' && position > 0) truncateSync(segment, 1_500_000);
    },
  });
  const error = t.throws(() => openReadable(store, { fileSystem: disk }));
  t.true(isStatelogError(error, 'IO_FAILED'), String(error));
});
