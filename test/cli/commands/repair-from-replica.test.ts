import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

/** Writes noise over some bytes of a copy of a file. */
function wound(source: string, copy: string, from: number, bytes: number): string {
  const content = readFileSync(source);
  for (let at = from; at < from + bytes; at++) content[at] = content[at]! ^ (0x55 + (at % 7));
  writeFileSync(copy, content);
  return copy;
}

const FILLED = /^filled: /m;

test('the records that a segment lost come back from a copy of it, byte for byte', async (t) => {
  const folder = tempDir(t);
  const whole = path.join(fixturePath('wal-cores'), 'wal-0.log');
  const source = wound(whole, path.join(folder, 'wal-0.log'), 3_000, 900);
  const into = path.join(folder, 'new.log');
  const { exitCode, stdout } = await commandLine(['repair', source, '--from-replica', whole, '--into', into]);
  t.is(exitCode, 0);
  t.regex(stdout, FILLED);
  t.deepEqual(readFileSync(into), readFileSync(whole));
});

test('a dry run says what a replica would fill, and writes nothing', async (t) => {
  const folder = tempDir(t);
  const whole = path.join(fixturePath('wal-cores'), 'wal-0.log');
  const source = wound(whole, path.join(folder, 'wal-0.log'), 3_000, 900);
  const argv = [
    'repair',
    source,
    '--from-replica',
    whole,
    '--into',
    path.join(folder, 'new.log'),
    '--dry-run',
  ];
  const { exitCode, stdout } = await commandLine([...argv, '--json']);
  t.is(exitCode, 0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
  const { filled } = lines[0]!;
  t.deepEqual([filled?.['kind'], filled?.['file'], filled?.['from']], ['records', source, whole]);
  t.true(Number(filled?.['records']) > 0);
  const summary = lines.at(-1)!['summary']!;
  t.is((summary['filled'] as { places: number }).places, lines.filter((line) => 'filled' in line).length);
  t.false(readFileSync(source).equals(readFileSync(whole)));
});

test('a core whose segment is gone comes back from a copy of the folder, where the others prove that it is one', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'wal');
  cpSync(fixturePath('wal-cores'), source, { recursive: true });
  rmSync(path.join(source, 'wal-1.log'));
  const into = path.join(folder, 'new');
  const argv = ['repair', source, '--from-replica', fixturePath('wal-cores'), '--into', into];
  const { exitCode } = await commandLine(argv);
  t.is(exitCode, 0);
  for (const name of ['wal-0.log', 'wal-1.log', 'wal-2.log', 'wal-3.log']) {
    t.deepEqual(readFileSync(path.join(into, name)), readFileSync(path.join(fixturePath('wal-cores'), name)));
  }
});

test('records that would fit by number and time are not taken from a log that shares none', async (t) => {
  const folder = tempDir(t);
  const [ours, theirs] = ['ours', 'theirs'].map((name) => path.join(folder, name)) as [string, string];
  for (const [store, key] of [
    [theirs, 'x'],
    [ours, 'a'],
    [theirs, 'y'],
    [ours, 'b'],
    [ours, 'c'],
  ] as const) {
    await commandLine(['put', store, key, `value of ${key}`]);
  }
  const log = path.join('wal', '1', 'wal-0.log');
  const source = path.join(folder, 'wal-0.log');
  wound(path.join(ours, log), source, readFileSync(path.join(ours, log)).indexOf('value of b'), 4);
  const stranger = readFileSync(path.join(theirs, log));
  const replica = path.join(folder, 'replica.log');
  writeFileSync(replica, stranger.subarray(stranger.length / 2));
  const into = path.join(folder, 'new.log');
  const { exitCode, stdout } = await commandLine([
    'repair',
    source,
    '--from-replica',
    replica,
    '--into',
    into,
  ]);
  t.is(exitCode, 3);
  t.regex(stdout, /^not taken: .*shares no record/m);
  t.notRegex(stdout, FILLED);
});

test('nothing is taken from a replica of another store', async (t) => {
  const folder = tempDir(t);
  const [ours, theirs, into] = ['ours', 'theirs', 'into'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const store of [ours, theirs]) await commandLine(['put', store, 'a', `value in ${store}`]);
  rmSync(path.join(ours, 'wal', '1', 'wal-0.log'));
  const { exitCode, stdout } = await commandLine(['repair', ours, '--from-replica', theirs, '--into', into]);
  t.is(exitCode, 3);
  t.regex(stdout, /^not taken: .*another store/m);
  t.is((await commandLine(['scan', into, '--count'])).stdout, '0\n');
});

test('nothing is taken from a copy of a store that went another way since', async (t) => {
  const folder = tempDir(t);
  const [store, fork, into] = ['store', 'fork', 'into'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const key of ['a', 'b']) await commandLine(['put', store, key, 'shared']);
  cpSync(store, fork, { recursive: true });
  for (const key of ['c', 'd', 'e']) await commandLine(['put', store, key, 'of the store']);
  for (const key of ['c', 'd', 'e']) await commandLine(['put', fork, key, 'of the fork']);
  const segment = path.join(store, 'wal/1/wal-0.log');
  wound(segment, segment, readFileSync(segment).indexOf('of the store'), 4);
  const { exitCode, stdout } = await commandLine(['repair', store, '--from-replica', fork, '--into', into]);
  t.is(exitCode, 3);
  t.regex(stdout, /not taken: .*it went another way/);
  t.notRegex(stdout, FILLED);
  t.false((await commandLine(['scan', into])).stdout.includes('of the fork'));
});

test('the records that a fold log lost come back from a copy of it, byte for byte', async (t) => {
  const folder = tempDir(t);
  const whole = fixturePath('fold-log.snap');
  const source = wound(whole, path.join(folder, 'fold.snap'), 200, 60);
  const into = path.join(folder, 'new.snap');
  const { exitCode, stdout } = await commandLine(['repair', source, '--from-replica', whole, '--into', into]);
  t.is(exitCode, 0);
  t.regex(stdout, FILLED);
  t.deepEqual(readFileSync(into), readFileSync(whole));
});

/** A fold log of versions 1 to 8, with the value of key `c` hit, and a copy that was whole. */
async function woundedFold(folder: string): Promise<{ source: string; whole: string }> {
  const whole = path.join(folder, 'whole.snap');
  for (const [index, key] of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].entries()) {
    await commandLine([
      'put',
      whole,
      key,
      `value of ${key}`,
      '--revision',
      String(index + 1),
      '--cursor',
      String(index + 1),
    ]);
  }
  const at = readFileSync(whole).indexOf('value of c');
  return { source: wound(whole, path.join(folder, 'fold.snap'), at, 3), whole };
}

for (const form of ['artifact', 'artifact.tar', 'lines.ndjson'] as const) {
  test(`a key that a fold log lost comes back from an export as ${form}, which was folded anew`, async (t) => {
    const folder = tempDir(t);
    const { source, whole } = await woundedFold(folder);
    const replica = path.join(folder, form);
    const kind = form === 'lines.ndjson' ? ['--as', 'ndjson'] : [];
    await commandLine(['put', whole, 'c', 'value of c', '--revision', '3']);
    await commandLine(['compact', whole]);
    await commandLine(['export', whole, replica, ...kind]);
    const into = path.join(folder, 'new.snap');
    const { stdout } = await commandLine(['repair', source, '--from-replica', replica, '--into', into]);
    t.regex(stdout, FILLED);
    t.is((await commandLine(['get', into, 'c'])).stdout, 'value of c');
    t.is((await commandLine(['scan', into, '--count'])).stdout.trim(), '8');
  });
}

test('an export from before the damage gives a fold log nothing', async (t) => {
  const folder = tempDir(t);
  const whole = path.join(folder, 'whole.snap');
  const put = (key: string, value: string, revision: number) =>
    commandLine(['put', whole, key, value, '--revision', String(revision), '--cursor', String(revision)]);
  await put('a', 'a1', 1);
  await put('c', 'older c', 2);
  const replica = path.join(folder, 'older.ndjson');
  await commandLine(['export', whole, replica, '--as', 'ndjson']);
  await put('c', 'newer c', 3);
  await put('d', 'd4', 4);
  const source = path.join(folder, 'fold.snap');
  wound(whole, source, readFileSync(whole).indexOf('newer c'), 3);
  const into = path.join(folder, 'new.snap');
  const { exitCode, stdout } = await commandLine([
    'repair',
    source,
    '--from-replica',
    replica,
    '--into',
    into,
  ]);
  t.is(exitCode, 3);
  t.regex(stdout, /not taken: .*its position lies before the damage/);
});

test('bad pages of a state file and of its index come back from a copy of the pair', async (t) => {
  const folder = tempDir(t);
  const [whole, source, into] = ['whole', 'source', 'new'].map((name) => path.join(folder, `${name}.db`)) as [
    string,
    string,
    string,
  ];
  await commandLine(['repair', fixturePath('state-large.db'), '--into', whole]);
  cpSync(whole.replace('.db', '.idx'), source.replace('.db', '.idx'));
  wound(whole, source, 6_000, 500);
  // The copy is hit elsewhere: each page comes from where it is good.
  wound(whole, whole, 33, 500);
  wound(
    whole.replace('.db', '.idx'),
    source.replace('.db', '.idx'),
    readFileSync(whole.replace('.db', '.idx')).length - 900,
    200,
  );
  const { exitCode } = await commandLine(['repair', source, '--from-replica', whole, '--into', into]);
  t.is(exitCode, 0);
  const { stdout } = await commandLine(['diff', into, fixturePath('state-large.db'), '--summary']);
  t.regex(stdout, /^0 added, 0 removed, 0 changed/);
});

test('an index without checksums is taken where the values are the very same', async (t) => {
  const folder = tempDir(t);
  const [source, into] = ['source', 'new'].map((name) => path.join(folder, `${name}.db`)) as [string, string];
  cpSync(fixturePath('state-medium.db'), source);
  const argv = ['repair', source, '--from-replica', fixturePath('state-medium.db'), '--into', into];
  t.is((await commandLine(argv)).exitCode, 0);
  t.regex(
    (await commandLine(['diff', into, fixturePath('state-medium.db'), '--summary'])).stdout,
    /^0 added, 0 removed, 0 changed/,
  );
});

test('a replica that is the source itself, or lies in it, is refused', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a', '1']);
  mkdirSync(path.join(folder, 'other'));
  for (const replica of [store, path.join(store, 'wal')]) {
    const argv = ['repair', store, '--from-replica', replica, '--into', path.join(folder, 'new')];
    t.is((await commandLine(argv)).exitCode, 8);
  }
});
