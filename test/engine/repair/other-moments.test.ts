import { cpSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/** A store at two moments: `old` has a checkpoint with `a` and a log with `b`; `new` two later ones, and `d` in its log. */
async function moments(folder: string): Promise<{ readonly older: string; readonly newer: string }> {
  const newer = path.join(folder, 'new');
  const older = path.join(folder, 'old');
  const run = async (...argv: string[]): Promise<void> => {
    await commandLine(argv);
  };
  await run('put', newer, 'a', '1');
  await run('checkpoint', newer);
  await run('put', newer, 'b', '2');
  cpSync(newer, older, { recursive: true });
  await run('checkpoint', newer);
  await run('put', newer, 'c', '3');
  await run('checkpoint', newer);
  await run('put', newer, 'd', '4');
  return { older, newer };
}

for (const [wal, manifest, checkpoints, keys] of [
  ['old', 'new', 'old', 'a b'],
  ['old', 'old', 'new', 'a b c'],
  ['new', 'old', 'old', 'a c d'],
  ['new', 'new', 'old', 'a c d'],
  ['old', undefined, 'new', 'a b c'],
  ['new', undefined, 'new', 'a b c d'],
] as const) {
  test(`logs of ${wal}, checkpoints of ${checkpoints} and the manifest of ${manifest ?? 'nowhere'}: all that reads is kept`, async (t) => {
    const folder = tempDir(t);
    const of = await moments(folder);
    const from = (moment: 'old' | 'new'): string => (moment === 'old' ? of.older : of.newer);
    const mixed = path.join(folder, 'mixed');
    mkdirSync(mixed);
    cpSync(path.join(from(wal), 'wal'), path.join(mixed, 'wal'), { recursive: true });
    cpSync(path.join(from(checkpoints), 'checkpoints'), path.join(mixed, 'checkpoints'), { recursive: true });
    if (manifest !== undefined)
      cpSync(path.join(from(manifest), 'MANIFEST.json'), path.join(mixed, 'MANIFEST.json'));
    const into = path.join(folder, 'into');
    const { exitCode, stdout } = await commandLine(['repair', mixed, '--into', into, '--json']);
    t.is(exitCode, 3);
    const { summary } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
      summary: { lost: { records: number; keys: number } };
    };
    t.true(summary.lost.records >= 0 && summary.lost.keys >= 0);
    const kept = await commandLine(['scan', into, '--keys-only']);
    t.deepEqual(kept.stdout.trimEnd().split('\n'), keys.split(' '));
  });
}

test('a log from before the first checkpoint makes up for that, where its files are damaged', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  const older = path.join(folder, 'older');
  await commandLine(['put', store, 'a', '1']);
  cpSync(store, older, { recursive: true });
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, 'b', '2']);
  // Restored over a store that went on: the manifest and the first log are of the older moment.
  cpSync(older, store, { recursive: true });
  rmSync(path.join(store, 'checkpoints', '1', 'state-0.idx'));
  t.is((await commandLine(['scan', store])).stdout, 'a\t1\n');
  const into = path.join(folder, 'into');
  await commandLine(['repair', store, '--into', into]);
  t.is((await commandLine(['scan', into])).stdout, 'a\t1\nb\t2\n');
});

for (const [made, restored] of [
  [2, 1],
  [3, 1],
  [3, 2],
] as const) {
  test(`a backup of checkpoint ${restored} over a store at checkpoint ${made} is told of, written to by nobody, and brought up`, async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, 'store');
    const backup = path.join(folder, 'backup');
    for (let epoch = 1; epoch <= made; epoch++) {
      await commandLine(['put', store, `key ${epoch}`, 'value']);
      await commandLine(['put', store, 'all', `${epoch}`]);
      await commandLine(['checkpoint', store, '--keep', '1']);
      if (epoch === restored) cpSync(store, backup, { recursive: true });
    }
    const whole = await commandLine(['scan', store]);
    cpSync(backup, store, { recursive: true });
    const verified = await commandLine(['verify', store]);
    t.is(verified.exitCode, 3);
    t.regex(
      verified.stdout,
      /misplaced-epoch: .*the checkpoint is of this store, and newer than the manifest/,
    );
    // A writer would take the checkpoint for the remains of a crash, and remove it.
    t.is((await commandLine(['put', store, 'b', '2'])).exitCode, 3);
    const into = path.join(folder, 'into');
    await commandLine(['repair', store, '--into', into]);
    t.is((await commandLine(['scan', into])).stdout, whole.stdout);
    t.is((await commandLine(['verify', into])).exitCode, 0);
  });
}

test('beside an older manifest verify calls nothing a leftover of a crash, which a writer would remove', async (t) => {
  const { older, newer } = await moments(tempDir(t));
  cpSync(path.join(older, 'MANIFEST.json'), path.join(newer, 'MANIFEST.json'));
  const { exitCode, stdout } = await commandLine(['verify', newer]);
  t.is(exitCode, 3);
  t.regex(stdout, /^damage: misplaced-epoch: /m);
  t.regex(
    stdout,
    /^notice: leftover: .*too old, does not name this; .*MANIFEST.json that belongs here, or run 'statelog repair /m,
  );
  t.notRegex(stdout, /a crash left|the next writer removes/);
});
