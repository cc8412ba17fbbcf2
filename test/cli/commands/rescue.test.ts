import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { commandLine } from '../../support/command-line.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

async function storeOf(root: string): Promise<void> {
  StateDirectory.create(root, { cores: 2, keep: 2 });
  const store = await StateDirectory.open(root);
  for (let epoch = 1; epoch <= 3; epoch++) {
    for (let key = 0; key < 20; key++) store.put(toUtf8(`key ${key}`), toUtf8(`value ${epoch}`));
    await store.sync();
    if (epoch < 3) await store.checkpoint();
  }
  store.close();
}

test('a rescue tells what is there and wrong, brings all that is good beside it, and says what to run; the source stays', async (t) => {
  const folder = tempDir(t);
  const root = path.join(folder, 'store');
  await storeOf(root);
  const backup = path.join(folder, 'backup');
  cpSync(root, backup, { recursive: true });
  const [one, other] = [path.join(root, 'wal/3/wal-0.log'), path.join(root, 'wal/3/wal-1.log')];
  renameSync(one, `${one}.x`);
  renameSync(other, one);
  renameSync(`${one}.x`, other);
  const before = filePrints(root);
  const { exitCode, stdout } = await commandLine(['rescue', root, '--backup', backup]);
  t.is(exitCode, 0, stdout);
  const parts = ['What is there', 'What is wrong', 'What was made', 'What to run next'];
  t.deepEqual(
    parts.map((part) => stdout.includes(part)),
    parts.map(() => true),
    stdout,
  );
  t.regex(stdout, /beside .*backup: 20 keys the same, 0 with another value, 0 only in the new, 0 only/);
  t.deepEqual(filePrints(root), before);
  const made = `${root}-rescued`;
  t.is((await commandLine(['verify', made])).exitCode, 0);
  t.is((await commandLine(['diff', backup, made, '-q'])).exitCode, 0);
  // Once more: the place is taken, and another is found.
  t.is((await commandLine(['rescue', root, '--json'])).exitCode, 0);
  t.true(existsSync(`${root}-rescued-2`));
});

test('what is lost ends a rescue with 3, and nothing is called whole', async (t) => {
  const root = path.join(tempDir(t), 'store');
  await storeOf(root);
  rmSync(path.join(root, 'wal/3/wal-1.log'));
  const { exitCode, stdout } = await commandLine(['rescue', root, '--json']);
  t.is(exitCode, 3);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
  const { summary } = lines.at(-1)!;
  t.like(summary, { isSound: false, isWhole: false, into: `${root}-rescued` });
  t.true(lines.some(({ evidence }) => evidence?.['kind'] === 'index'));
  t.true(lines.some(({ comparison }) => comparison?.['with'] === root));
});

test('of what is sound nothing is made', async (t) => {
  const folder = tempDir(t);
  const root = path.join(folder, 'store');
  await storeOf(root);
  const { exitCode, stdout } = await commandLine(['rescue', root]);
  t.is(exitCode, 0);
  t.regex(stdout, /nothing: .* is sound, and nothing was made/);
  t.deepEqual(readdirSync(folder), ['store']);
});

test('a segment and a fold log are rescued too', async (t) => {
  const folder = tempDir(t);
  for (const name of ['wal-cores/wal-0.log', 'fold-log.snap']) {
    const file = path.join(folder, path.basename(name));
    const bytes = readFileSync(fixturePath(name));
    bytes[3_000]! ^= 4;
    writeFileSync(file, bytes);
    const { exitCode, stdout } = await commandLine(['rescue', file]);
    t.is(exitCode, 3, stdout);
    t.regex(stdout, /What was made\n\n.*-rescued\.(log|snap): kept/);
    // What it says to run works.
    const [, into] = /'statelog repair \S+ --mend --into (\S+)'/.exec(stdout)!;
    t.is((await commandLine(['repair', file, '--mend', '--into', into!])).exitCode, 0);
  }
});

const WHOLE = readFileSync(fixturePath('wal-cores/wal-0.log'));
for (const [what, bytes] of [
  ['a length alone is wrong', Buffer.from(WHOLE).fill(WHOLE[280]! ^ 8, 280, 281)],
  ['records lie there twice', Buffer.concat([WHOLE, WHOLE.subarray(0, 184)])],
  ['all of it is compressed', gzipSync(WHOLE)],
] as const) {
  test(`where ${what}, nothing is lost, and still it is not called sound`, async (t) => {
    const file = path.join(tempDir(t), 'wal-0.log');
    writeFileSync(file, bytes);
    const { exitCode, stdout } = await commandLine(['rescue', file]);
    t.is(exitCode, 0, stdout);
    t.notRegex(stdout, /is sound/);
    t.deepEqual(readFileSync(file.replace('.log', '-rescued.log')), WHOLE);
  });
}
