import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { isOriginalThere, ORIGINAL, readByOriginal } from '../../engine/wal/original-harness.js';
import { NEWEST_ORIGINAL, newestOriginal } from '../../engine/fold/newest-original.js';
import { commandLine } from '../../support/command-line.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';

/** Turns a bit of a byte of a file. */
function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 0x10;
  writeFileSync(file, bytes);
}

/** Repairs a path, and runs the moves that it says to run. */
async function repairAndMove(folder: string, source: string, into: string): Promise<void> {
  const { stderr } = await commandLine(['repair', source, '--into', into]);
  const moves = [...stderr.matchAll(/'(mv [^']+)'/g)].map(([, move]) => move!);
  if (moves.length < 2) throw new Error(`it says no moves: ${stderr}`);
  for (const move of moves) execFileSync('sh', ['-c', move], { cwd: folder });
}

test('the moves that a repair says put it in the place of a segment, a folder, a pair and a fold log, and keep the old', async (t) => {
  for (const [fixture, extra, at] of [
    ['wal-cores/wal-0.log', [], 3_000],
    ['wal-cores', [], undefined],
    ['state-large.db', ['state-large.idx'], undefined],
    ['fold-log.snap', [], 210],
  ] as const) {
    const folder = tempDir(t);
    const source = path.join(folder, path.basename(fixture));
    cpSync(fixturePath(fixture), source, { recursive: true });
    for (const other of extra) cpSync(fixturePath(other), path.join(folder, other));
    if (at !== undefined) flip(source, at);
    else if (fixture === 'wal-cores') flip(path.join(source, 'wal-1.log'), 3_000);
    else flip(path.join(folder, extra[0]), readFileSync(path.join(folder, extra[0])).length - 300);
    const before = await commandLine(['verify', source]);
    t.false(before.exitCode === 0, fixture);
    const into = path.join(folder, `new${path.extname(fixture)}`);
    await repairAndMove(folder, source, into);
    const damaged =
      fixture === 'state-large.db' ? 'state-large-damaged.db' : `${path.basename(fixture)}-damaged`;
    t.true(statSync(path.join(folder, damaged)).size > 0);
    t.throws(() => statSync(into), { code: 'ENOENT' });
    t.is((await commandLine(['stat', source])).exitCode, 0);
  }
});

test('the moves take a name that is free, and move into nothing that an earlier repair left', async (t) => {
  for (const [fixture, extra, taken, aside] of [
    ['wal-cores', [], 'wal-cores-damaged', 'wal-cores-damaged-2'],
    ['state-large.db', ['state-large.idx'], 'state-large-damaged.idx', 'state-large-damaged-2.db'],
  ] as const) {
    const folder = tempDir(t);
    const source = path.join(folder, fixture);
    for (const name of [fixture, ...extra])
      cpSync(fixturePath(name), path.join(folder, name), { recursive: true });
    cpSync(path.join(folder, extra[0] ?? fixture), path.join(folder, taken), { recursive: true });
    const file = path.join(folder, extra[0] ?? 'wal-cores/wal-1.log');
    flip(file, readFileSync(file).length - 300);
    const before = filePrints(path.join(folder, taken));
    const size = statSync(source).size;
    await repairAndMove(folder, source, path.join(folder, `new${path.extname(fixture)}`));
    t.deepEqual(filePrints(path.join(folder, taken)), before);
    t.is(statSync(path.join(folder, aside)).size, size);
    t.is((await commandLine(['stat', source])).exitCode, 0);
  }
});

test('a segment that is made empty, since its core has none, is named in the summary', async (t) => {
  const folder = tempDir(t);
  const [wal, into] = [path.join(folder, 'wal'), path.join(folder, 'new')];
  cpSync(fixturePath('wal-cores'), wal, { recursive: true });
  rmSync(path.join(wal, 'wal-1.log'));
  const { stdout } = await commandLine(['repair', wal, '--into', into, '--dry-run', '--json']);
  t.deepEqual(
    (JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Record<string, { madeEmpty: unknown }>)['summary']!
      .madeEmpty,
    ['wal-1.log'],
  );
  const told = await commandLine(['repair', wal, '--into', into]);
  t.is(told.exitCode, 3);
  t.regex(told.stdout, /; empty, since it is missing in the source: wal-1\.log\n$/);
});

test('what is repaired has the mode of its source: its files that of a file, or of the folder that they lie in', async (t) => {
  const folder = tempDir(t);
  const segment = path.join(folder, 'wal-0.log');
  cpSync(fixturePath('wal-cores/wal-0.log'), segment);
  flip(segment, 3_000);
  chmodSync(segment, 0o644);
  await commandLine(['repair', segment, '--into', path.join(folder, 'new.log')]);
  t.is(statSync(path.join(folder, 'new.log')).mode & 0o777, 0o644);
  const wal = path.join(folder, 'wal');
  cpSync(fixturePath('wal-cores'), wal, { recursive: true });
  flip(path.join(wal, 'wal-1.log'), 3_000);
  chmodSync(wal, 0o750);
  await commandLine(['repair', wal, '--into', path.join(folder, 'new')]);
  t.is(statSync(path.join(folder, 'new')).mode & 0o777, 0o750);
  t.is(statSync(path.join(folder, 'new', 'wal-1.log')).mode & 0o777, 0o640);
});

needing(
  test,
  ORIGINAL,
  isOriginalThere,
)('LaminarDB opens a folder in which a core had lost its segment', async (t) => {
  const folder = tempDir(t);
  const [wal, into] = [path.join(folder, 'wal'), path.join(folder, 'new')];
  cpSync(fixturePath('wal-cores'), wal, { recursive: true });
  rmSync(path.join(wal, 'wal-1.log'));
  await commandLine(['repair', wal, '--into', into]);
  t.is(statSync(path.join(into, 'wal-1.log')).size, 0);
  const others = readByOriginal('wal-dir', fixturePath('wal-cores')).filter(({ coreId }) => coreId !== 1);
  t.deepEqual(readByOriginal('wal-dir', into), others);
});

needing(
  test,
  ORIGINAL,
  isOriginalThere,
)('LaminarDB reads a state file that was repaired, in its place', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'state-large.db');
  for (const name of ['state-large.db', 'state-large.idx'])
    cpSync(fixturePath(name), path.join(folder, name));
  flip(path.join(folder, 'state-large.idx'), readFileSync(path.join(folder, 'state-large.idx')).length - 300);
  await repairAndMove(folder, source, path.join(folder, 'new.db'));
  const kept = Number((await commandLine(['scan', source, '--count'])).stdout);
  t.true(kept > 0);
  const [head, ...entries] = readByOriginal('state', source);
  t.is(head?.['keys'], kept);
  const all = new Set(
    readByOriginal('state', fixturePath('state-large.db')).map((one) => JSON.stringify(one)),
  );
  t.true(entries.every((entry) => all.has(JSON.stringify(entry))));
});

needing(
  test,
  ORIGINAL,
  isOriginalThere,
)('Slipstream 0.7 reads a fold log that was repaired, in its place', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'fold-log.snap');
  cpSync(fixturePath('fold-log.snap'), source);
  flip(source, 210);
  await repairAndMove(folder, source, path.join(folder, 'new.snap'));
  const kept = Number((await commandLine(['scan', source, '--count'])).stdout);
  const [, ...entries] = readByOriginal('snap', source);
  t.is(entries.length, kept);
  t.true(kept > 10);
});

needing(
  test,
  NEWEST_ORIGINAL,
  newestOriginal.isThere,
)('Slipstream 0.8 reads a fold log that was repaired, in its place', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'fold-log.snap');
  cpSync(fixturePath('fold-log.snap'), source);
  flip(source, 210);
  await repairAndMove(folder, source, path.join(folder, 'new.snap'));
  const kept = Number((await commandLine(['scan', source, '--count'])).stdout);
  const copy = path.join(folder, 'copy.snap');
  cpSync(source, copy);
  t.is(newestOriginal.dump(copy).length, kept + 1);
});

test('a copy of a log under a later epoch’s name is told by its records, and no manifest is to be looked for', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a', '1']);
  cpSync(path.join(store, 'wal', '1'), path.join(store, 'wal', '4'), { recursive: true });
  const { stdout } = await commandLine(['verify', store]);
  t.regex(stdout, /the records in this folder are of epoch 1, and not of the epoch that its name says/);
  t.notRegex(stdout, /MANIFEST\.json that belongs here/);
  const into = path.join(folder, 'new');
  await commandLine(['repair', store, '--into', into]);
  t.is((await commandLine(['scan', into])).stdout, 'a\t1\n');
});
