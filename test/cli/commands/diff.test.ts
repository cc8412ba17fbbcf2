import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { commandLine } from '../../support/command-line.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf } from './fixture-lines.js';

const run = (...argv: string[]) => commandLine(argv);

/** Two stores: `a` is removed, `b` changed, `c` the same, `d` added. */
async function pair(t: ExecutionContext): Promise<[string, string]> {
  const folder = tempDir(t);
  const stores: [string, string] = [path.join(folder, 'one'), path.join(folder, 'other.snap')];
  const contents = [
    ['a\t1', 'b\told', 'c\t3'],
    ['b\tx\\ty', 'c\t3', 'd\t4'],
  ];
  for (const [index, lines] of contents.entries()) {
    const input = lines.map((line) => `${line}\n`);
    t.is((await commandLine(['put', stores[index]!, '--batch', '-', '--tsv'], { input })).exitCode, 0);
  }
  return stores;
}

test('a pipe gets a sign, the key and the values, separated by tabs; a difference is 1', async (t) => {
  const [one, other] = await pair(t);
  const before = [filePrints(one), filePrints(other)];
  t.like(await run('diff', one, other), {
    exitCode: 1,
    stdout: '-\ta\t1\n~\tb\told\tx\\ty\n+\td\t4\n',
    stderr: '',
  });
  t.is((await run('diff', other, one, '--keys-only')).stdout, '+\ta\n~\tb\n-\td\n');
  t.like(await run('diff', one, one), { exitCode: 0, stdout: '', stderr: '' });
  t.deepEqual([filePrints(one), filePrints(other)], before);
});

test('only the keys that are asked for are compared', async (t) => {
  const [one, other] = await pair(t);
  t.like(await run('diff', one, other, '--from', 'c', '--to', 'd'), { exitCode: 0, stdout: '' });
  t.like(await run('diff', one, other, '--prefix', 'd'), { exitCode: 1, stdout: '+\td\t4\n' });
  t.is((await run('diff', one, other, '--from', '62', '--to', '63', '--encoding', 'hex')).stdout.length, 19);
});

test('--summary counts, and -q says it with the exit code alone', async (t) => {
  const [one, other] = await pair(t);
  t.like(await run('diff', one, other, '--summary'), {
    exitCode: 1,
    stdout: '1 added, 1 removed, 1 changed, 1 the same\n',
  });
  const { stdout } = await run('diff', one, one, '--summary', '--json');
  t.deepEqual(JSON.parse(stdout), {
    summary: { added: 0, removed: 0, changed: 0, same: 3, complete: true },
  });
  t.like(await run('diff', one, other, '-q'), { exitCode: 1, stdout: '', stderr: '' });
  t.like(await run('diff', one, one, '-q'), { exitCode: 0, stdout: '', stderr: '' });
});

test('a terminal gets coloured lines that fit it, with both values of a change', async (t) => {
  const [one, other] = await pair(t);
  await run('put', one, 'b', 'o'.repeat(500));
  await run('put', other, 'b', 'n'.repeat(500));
  const { stdout } = await commandLine(['diff', one, other], { isTerminal: true });
  const plain = stdout.replaceAll(/\x1b\[\d+m/g, '').split('\n');
  t.is(plain[0], '- a = 1');
  t.regex(plain[1]!, /^~ b = o{20,}… → n{20,}…$/);
  t.true(plain.every((line) => line.length <= 80));
  t.is(plain[2], '+ d = 4');
});

test('the lines of --json, given to put --batch, make the one hold what the other does', async (t) => {
  const folder = tempDir(t);
  let number = 0;
  const key = fc.uint8Array({ minLength: 1, maxLength: 2 });
  const content = fc.array(fc.tuple(key, fc.uint8Array({ maxLength: 3 })), { maxLength: 20 });
  const fill = async (pairs: [Uint8Array, Uint8Array][]): Promise<string> => {
    const store = path.join(folder, `store-${number++}`);
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    const input = pairs.map(
      ([name, value]) => `${JSON.stringify({ keyBase64: base64(name), valueBase64: base64(value) })}\n`,
    );
    await run('create', store);
    t.is((await commandLine(['put', store, '--batch', '-'], { input })).exitCode, 0);
    return store;
  };
  await fc.assert(
    fc.asyncProperty(content, content, async (first, second) => {
      const [one, other] = [await fill(first), await fill(second)];
      const { stdout } = await run('diff', one, other, '--json');
      t.is((await commandLine(['put', one, '--batch', '-'], { input: [stdout] })).exitCode, 0);
      t.like(await run('diff', one, other), { exitCode: 0, stdout: '' });
    }),
    { numRuns: 25 },
  );
});

test('lines without values are not taken for changes', async (t) => {
  const [one, other] = await pair(t);
  for (const flag of ['--redact', '--keys-only']) {
    const { stdout } = await run('diff', one, other, '--json', flag);
    t.true(linesOf(stdout).every((line) => !('op' in line)));
    for (const line of stdout.trimEnd().split('\n')) {
      t.is((await commandLine(['put', one, '--batch', '-'], { input: [line] })).exitCode, 2, line);
    }
  }
});

test('with --redact there is the length and digest of each value, and not the value', async (t) => {
  const [one, other] = await pair(t);
  const [, changed] = linesOf((await run('diff', one, other, '--redact', '--json')).stdout);
  t.like(changed, { diff: 'changed', key: 'b', valueBytes: 3, oldValueBytes: 3 });
  t.regex(String(changed!['oldValueDigest']), /^[0-9a-f]{64}$/);
  t.false('value' in changed! || 'oldValue' in changed!);
  const text = (await run('diff', one, other, '--redact', '--prefix', 'd')).stdout;
  t.regex(text, /^\+\td\t1 bytes, blake3 [0-9a-f]{64}\n$/);
});

test('a store is compared with what it was at a kept epoch', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await run('put', store, 'k', 'old');
  await run('checkpoint', store);
  await run('put', store, 'k', 'new');
  t.like(await run('diff', store, store, '--a-at', '1'), { exitCode: 1, stdout: '~\tk\told\tnew\n' });
  t.like(await run('diff', store, store, '--b-at', '1'), { exitCode: 1, stdout: '~\tk\tnew\told\n' });
  t.is((await run('diff', store, store, '--a-at', '9')).exitCode, 6);
});

test('a rotted value is 3, after what could be compared', async (t) => {
  const folder = tempDir(t);
  const [one, other] = [path.join(folder, 'one'), path.join(folder, 'other')];
  const value = 'v'.repeat(10_000);
  for (const key of ['a', 'b', 'c']) await run('put', one, key, value);
  await run('checkpoint', one);
  await run('put', other, 'a0', 'w');
  const file = path.join(one, 'checkpoints', '1', 'state-0.db');
  const bytes = readFileSync(file);
  bytes[32 + 15_000]! ^= 1;
  writeFileSync(file, bytes);
  const { exitCode, stdout, stderr } = await run('diff', one, other, '--keys-only');
  t.is(exitCode, 3);
  t.is(stdout, '-\ta\n');
  t.true(stderr.includes(file));
  const counted = await run('diff', one, other, '--summary');
  t.is(counted.exitCode, 3);
  t.regex(counted.stdout, /^0 added, 1 removed, .*the rest was not compared\n$/);
});

test('files of other programs are compared like any store', async (t) => {
  t.like(await run('diff', fixturePath('fold-log.snap'), fixturePath('fold-compact.snap')), {
    exitCode: 0,
    stdout: '',
  });
  const different = await run('diff', fixturePath('state-small.db'), fixturePath('wal-cores'), '--summary');
  t.is(different.exitCode, 1);
  t.is((await run('diff', fixturePath('artifact'), fixturePath('none'))).exitCode, 6);
  t.is((await run('diff', fixturePath('artifact'))).exitCode, 2);
});

/** A backup, and the same store with one byte of a log's record rotten. */
async function rottenPair(t: ExecutionContext): Promise<[string, string]> {
  const folder = tempDir(t);
  const [good, rotten] = [path.join(folder, 'good.snap'), path.join(folder, 'rotten.snap')];
  const input = ['a\t1', 'b\tvalue of b', 'c\t3', 'd\t4'].map((line) => `${line}\n`);
  await commandLine(['put', good, '--batch', '-', '--tsv'], { input });
  const bytes = readFileSync(good);
  bytes[bytes.indexOf('value of b')]! ^= 0x10;
  writeFileSync(rotten, bytes);
  return [good, rotten];
}

test('--skip-damage compares what reads, tells what was skipped on which side, and ends with 3', async (t) => {
  const [good, rotten] = await rottenPair(t);
  await run('put', good, 'd', 'changed');
  const before = [filePrints(good), filePrints(rotten)];
  t.is((await run('diff', good, rotten)).exitCode, 3);
  const { exitCode, stdout, stderr } = await run('diff', good, rotten, '--skip-damage');
  t.is(exitCode, 3);
  t.is(stdout, '?\tb\n~\td\tchanged\t4\n');
  t.regex(stderr, /^statelog: B: damage: .*rotten\.snap, byte \d+/);
  t.regex(stderr, /\nstatelog: B: skipped in .*rotten\.snap: 1 [a-z-]+ \(\d+ bytes\), lost 1 record/);
  t.false(stderr.includes('A: '));
  t.regex((await run('diff', rotten, good, '--skip-damage')).stderr, /^statelog: A: damage/);
  t.deepEqual([filePrints(good), filePrints(rotten)], before);
  t.like(await run('diff', good, rotten, '--skip-damage', '-q'), { exitCode: 3, stdout: '', stderr: '' });
  t.is(
    (await run('diff', good, rotten, '--skip-damage', '--summary')).stdout,
    '0 added, 0 removed, 1 changed, 1 unknown, 2 the same\n',
  );
});

test('--skip-damage --json tells spans and classes of each side, and unknown keys without an op', async (t) => {
  const [good, rotten] = await rottenPair(t);
  const { exitCode, stdout } = await run('diff', rotten, good, '--skip-damage', '--json');
  t.is(exitCode, 3);
  const lines = linesOf(stdout) as Record<string, Record<string, unknown>>[];
  const finding = lines.find((line) => 'finding' in line)!;
  t.like(finding, { side: 'a' });
  t.like(finding['finding'], { file: rotten, severity: 'damage' });
  const { skipped } = lines.find((line) => 'skipped' in line)!;
  t.like(skipped, { side: 'a', path: rotten, records: 1, isUnnamed: true });
  t.deepEqual(Object.values(skipped!['places'] as object), [
    { count: 1, bytes: finding['finding']!['bytes'] },
  ]);
  t.deepEqual(lines.at(-1) as unknown, { diff: 'unknown', key: 'b', value: 'value of b' });
});

test('--skip-damage of what is sound is a diff like any other, of lines and of stores', async (t) => {
  const [one, other] = await pair(t);
  const lines = path.join(path.dirname(one), 'lines.ndjson');
  await run('export', one, lines, '--as', 'ndjson');
  t.like(await run('diff', one, one, '--skip-damage'), { exitCode: 0, stdout: '', stderr: '' });
  t.like(await run('diff', lines, one, '--skip-damage'), { exitCode: 0, stdout: '', stderr: '' });
  t.like(await run('diff', one, other, '--skip-damage'), {
    exitCode: 1,
    stdout: '-\ta\t1\n~\tb\told\tx\\ty\n+\td\t4\n',
    stderr: '',
  });
  t.is((await run('diff', one, one, '--skip-damage', '--a-at', '1')).exitCode, 2);
});

test('where all that is lost is known by name, other keys of the damaged side are told as they are', async (t) => {
  const folder = tempDir(t);
  const [one, other] = [path.join(folder, 'one'), path.join(folder, 'other')];
  const value = 'v'.repeat(10_000);
  for (const key of ['a', 'b', 'c']) await run('put', one, key, value);
  await run('checkpoint', one);
  await run('put', other, 'a', value);
  await run('put', other, 'b', value);
  await run('put', other, 'z', 'w');
  const file = path.join(one, 'checkpoints', '1', 'state-0.db');
  const bytes = readFileSync(file);
  bytes[32 + 15_000]! ^= 1;
  writeFileSync(file, bytes);
  const { exitCode, stdout } = await run('diff', one, other, '--keys-only', '--skip-damage');
  t.is(exitCode, 3);
  t.is(stdout, '?\tb\n-\tc\n+\tz\n');
});
