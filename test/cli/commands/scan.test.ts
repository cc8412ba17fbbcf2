import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

const run = (...argv: string[]) => commandLine(argv);

async function filled(t: ExecutionContext, name: string): Promise<string> {
  const store = path.join(tempDir(t), name);
  const lines = ['b\t2', 'a1\t1', 'a2\tx\\ty', 'c\t3'].map((line) => `${line}\n`);
  t.is((await commandLine(['put', store, '--batch', '-', '--tsv'], { input: lines })).exitCode, 0);
  return store;
}

for (const name of ['store', 'store.snap']) {
  test(`entries come in key order, within bounds, and from either end: ${name}`, async (t) => {
    const store = await filled(t, name);
    const keys = async (...argv: string[]): Promise<string> =>
      (await run('scan', store, '--keys-only', ...argv)).stdout.trim().replaceAll('\n', ' ');
    t.is((await run('scan', store)).stdout, 'a1\t1\na2\tx\\ty\nb\t2\nc\t3\n');
    t.is(await keys('--prefix', 'a'), 'a1 a2');
    t.is(await keys('--from', 'a2', '--to', 'c'), 'a2 b');
    t.is(await keys('--after', 'a2'), 'b c');
    t.is(await keys('--reverse', '--limit', '2'), 'c b');
    t.is(await keys('--prefix', 'a', '--reverse'), 'a2 a1');
    t.is(await keys('--limit', '0'), '');
    t.is((await run('scan', store, '--count')).stdout, '4\n');
    t.is((await run('scan', store, '--count', '--prefix', 'a', '--json')).stdout, '{"count":2}\n');
    t.is((await run('scan', store, '--count', '--limit', '3')).stdout, '3\n');
    t.is((await run('scan', store, '-0')).stdout, 'a1\0a2\0b\0c\0');
    t.is(await keys('--prefix', '6131', '--encoding', 'hex'), '6131');
  });

  test(`with --redact there is the length and digest of a value, and not the value: ${name}`, async (t) => {
    const store = await filled(t, name);
    const json = (await run('scan', store, '--redact', '--json', '--from', 'c')).stdout;
    t.like(JSON.parse(json), { key: 'c', valueBytes: 1 });
    t.regex(json, /"valueDigest":"[0-9a-f]{64}"/);
    t.notRegex(json, /"value":/);
    t.regex(
      (await run('scan', store, '--redact', '--from', 'c')).stdout,
      /^c\t1 bytes, blake3 [0-9a-f]{64}\n$/,
    );
  });

  test(`a reader that goes away ends a scan with 0: ${name}`, async (t) => {
    const store = path.join(tempDir(t), name);
    const value = 'v'.repeat(20_000);
    const lines = Array.from(
      { length: 20 },
      (_, index) => `${JSON.stringify({ key: `k${index}`, value })}\n`,
    );
    await commandLine(['put', store, '--batch', '-'], { input: lines });
    const { exitCode, stdoutBytes } = await commandLine(['scan', store], { readerTakes: 1 });
    t.is(exitCode, 0);
    t.true(stdoutBytes.length < 200_000);
  });
}

test('a terminal gets a table', async (t) => {
  const store = await filled(t, 'store');
  const { stdout } = await commandLine(['scan', store, '--limit', '1'], { isTerminal: true });
  t.regex(stdout, /key.*value/i);
  t.regex(stdout, /a1 +1\n/);
});

test('--at shows the state as a kept checkpoint closed it; another epoch is 6', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await run('put', store, 'k', 'old');
  t.is((await run('checkpoint', store)).stdout, 'epoch 1, 1 key\n');
  await run('put', store, 'k', 'new');
  t.is((await run('get', store, 'k', '--at', '1')).stdout, 'old');
  t.is((await run('get', store, 'k')).stdout, 'new');
  t.is((await run('scan', store, '--at', '1')).stdout, 'k\told\n');
  t.is((await run('get', store, 'k', '--at', '7')).exitCode, 6);
  const log = path.join(tempDir(t), 'a.snap');
  await run('create', log);
  t.is((await run('scan', log, '--at', '1')).exitCode, 2);
});

test('damage in a log is 3 before any output', async (t) => {
  const store = path.join(tempDir(t), 'store');
  for (const key of ['a', 'b', 'c']) await run('put', store, key, 'v');
  const segment = path.join(store, 'wal', '1', 'wal-0.log');
  const bytes = readFileSync(segment);
  bytes[20]! ^= 1;
  writeFileSync(segment, bytes);
  const { exitCode, stdout, stderr } = await run('scan', store);
  t.is(exitCode, 3);
  t.is(stdout, '');
  t.true(stderr.includes(segment));
  t.is((await run('put', store, 'd', 'v')).exitCode, 3);
  t.deepEqual(readFileSync(segment), bytes);
});

test('a rotted value is 3, after what came before it', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const value = 'v'.repeat(10_000);
  for (const key of ['a', 'b', 'c']) await run('put', store, key, value);
  await run('checkpoint', store);
  const file = path.join(store, 'checkpoints', '1', 'state-0.db');
  const bytes = readFileSync(file);
  bytes[32 + 25_000]! ^= 1;
  writeFileSync(file, bytes);
  const { exitCode, stdout, stderr } = await run('scan', store);
  t.is(exitCode, 3);
  t.is(stdout, `a\t${value}\nb\t${value}\n`);
  t.regex(stderr, /state-0\.db/);
  t.is((await run('get', store, 'a')).exitCode, 0);
  t.is((await run('scan', store, '--keys-only')).stdout, 'a\nb\nc\n');
});

test('a torn tail is left where it is by a reader and cut by a writer, each in one line', async (t) => {
  for (const [name, file] of [
    ['store', 'wal/1/wal-0.log'],
    ['store.snap', ''],
  ] as const) {
    const store = path.join(tempDir(t), name);
    await run('put', store, 'k', 'v');
    const log = path.join(store, file);
    const whole = readFileSync(log);
    writeFileSync(log, Buffer.concat([whole, Buffer.from([72, 0, 0, 0, 1, 2, 3])]));
    const read = await run('get', store, 'k');
    t.like(read, { exitCode: 0, stdout: 'v' });
    t.is(read.stderr.split('\n').length, 2, read.stderr);
    t.is(readFileSync(log).length, whole.length + 7);
    const written = await run('put', store, 'k', 'w');
    t.is(written.exitCode, 0);
    t.regex(written.stderr, /^statelog: [^\n]*cut[^\n]*\n$/);
    t.like(await run('get', store, 'k'), { stdout: 'w', stderr: '' });
  }
});

test('what other programs wrote is read as it is: state files, segments, fold logs', async (t) => {
  const expected = (name: string): string[] =>
    readFileSync(fixturePath(name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { key?: string; value?: string })
      .filter(({ key }) => key !== undefined)
      .map(({ key, value }) => `${key!}\t${value!}`);
  const state = (await run('scan', fixturePath('state-small.db'), '--encoding', 'hex')).stdout;
  t.deepEqual(state.trimEnd().split('\n'), expected('state-small.ndjson'));
  const index = path.join(tempDir(t), 'copy.idx');
  cpSync(fixturePath('state-small.idx'), index);
  cpSync(fixturePath('state-small.db'), index.replace('.idx', '.db'));
  t.is((await run('scan', index, '--encoding', 'hex')).stdout, state);
  const log = (await run('scan', fixturePath('fold-log.snap'), '--value-encoding', 'hex')).stdout;
  t.deepEqual(log.trimEnd().split('\n'), expected('fold-log.ndjson'));
  t.is((await run('scan', fixturePath('wal-cores'), '--count')).exitCode, 0);
});

test('of a segment by itself the unfinished end is left out, with what cuts it', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const whole = readFileSync(fixturePath('wal-ops/wal-0.log'));
  writeFileSync(segment, whole.subarray(0, whole.length - 1));
  const { exitCode, stderr } = await run('scan', segment, '--count');
  t.is(exitCode, 0);
  const [, hint] = /run 'statelog ([^']+)' to copy it aside and cut it\n$/.exec(stderr) ?? [];
  t.is((await run(...hint!.split(' '))).exitCode, 0);
  t.like(await run('scan', segment, '--count'), { exitCode: 0, stderr: '' });
});
