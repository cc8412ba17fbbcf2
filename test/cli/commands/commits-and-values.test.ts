import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine, type CommandLineResult } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

const ops = fixturePath('wal-ops/wal-0.log');
const fold = fixturePath('fold-log.snap');

async function ask(...argv: readonly string[]): Promise<CommandLineResult> {
  return commandLine(['wal-replay', ...argv]);
}

/** Takes as many lines of a source as there are now. */
async function takeLines(store: string, source: string, count: number): Promise<void> {
  const input = Array.from({ length: count }, (_, index) => `${source}:${index}\tvalue ${index}\n`).join('');
  await commandLine(['put', store, '--batch', '-', '--tsv', '--source', source], { input: [input] });
}

/** Two sources, three times each, in two cores. */
async function storeOf(t: ExecutionContext, between: (store: string) => Promise<unknown>): Promise<string> {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['create', store, '--cores', '2']);
  await takeLines(store, 'a', 10);
  await takeLines(store, 'b', 5);
  await between(store);
  await takeLines(store, 'a', 20);
  await takeLines(store, 'b', 7);
  await takeLines(store, 'a', 30);
  return store;
}

function turnBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(file, bytes);
}

async function sourcesOf(
  store: string,
): Promise<{ exitCode: number; commits: JsonLine[]; sources: JsonLine[] }> {
  const { exitCode, stdout } = await ask(store, '--commits', '--json');
  const lines = linesOf(stdout);
  return {
    exitCode,
    commits: lines.filter(({ op }) => op !== undefined),
    sources: lines.flatMap(({ source }) => (source === undefined ? [] : [source as JsonLine])),
  };
}

test('commits are shown alone, and each source resumes from its last one where nothing is lost', async (t) => {
  const store = await storeOf(t, () => Promise.resolve());
  const { exitCode, commits, sources } = await sourcesOf(store);
  t.is(exitCode, 0);
  t.deepEqual(
    commits.map(({ op, offsets }) => [
      op,
      Object.keys(offsets as JsonLine)[0],
      Object.values(offsets as JsonLine)[0],
    ]),
    [
      ['commit', 'a', '10'],
      ['commit', 'b', '5'],
      ['commit', 'a', '20'],
      ['commit', 'b', '7'],
      ['commit', 'a', '30'],
    ],
  );
  const { segment, offset, coreId, epoch, sequence, timestampNs, time } = commits.at(-1)!;
  t.deepEqual(sources[0], {
    name: 'a',
    upTo: '30',
    said: '30',
    commit: { segment, offset, coreId, epoch, sequence, timestampNs, time },
  });
  t.like(sources[1], { name: 'b', upTo: '7', said: '7' });
});

test('a source resumes from before a loss, as a repair says, and what is lost is named', async (t) => {
  const store = await storeOf(t, () => Promise.resolve());
  const records = linesOf((await ask(store, '--json')).stdout);
  const first = records.findIndex(({ op }) => op === 'commit');
  // Each record of either core in turn.
  for (const bad of records.slice(first + 1, -1).filter((_, index) => index % 4 === 0)) {
    const copy = path.join(tempDir(t), 'copy');
    await commandLine(['repair', store, '--into', copy]);
    const file = String(bad['segment']).replace(store, copy);
    turnBit(file, Number(bad['offset']) + 12);
    const { exitCode, sources } = await sourcesOf(copy);
    t.is(exitCode, 3);
    const { stdout } = await commandLine(['repair', copy, '--into', `${copy}-repaired`, '--json']);
    const told = linesOf(stdout).flatMap(({ source }) => (source === undefined ? [] : [source as JsonLine]));
    const moved = sources.filter(({ upTo, said }) => upTo !== said);
    t.deepEqual(
      moved.map(({ name, upTo, said }) => ({ name, upTo, said })),
      told.map(({ name, upTo, said }) => ({ name, upTo, said })),
      JSON.stringify(bad),
    );
    for (const { loss } of moved) t.like(loss, { file });
  }
});

test('what a checkpoint holds is not lost with the log before it, and sources go on from there', async (t) => {
  const checkpoint = (store: string): Promise<unknown> => commandLine(['checkpoint', store, '--keep', '3']);
  const store = await storeOf(t, checkpoint);
  await checkpoint(store);
  await takeLines(store, 'a', 40);
  await takeLines(store, 'b', 9);
  const [old] = linesOf((await ask(path.join(store, 'wal', '2'), '--op', 'put', '--json')).stdout);
  turnBit(String(old!['segment']), Number(old!['offset']) + 20);
  const beforeNew = await sourcesOf(store);
  t.is(beforeNew.exitCode, 3);
  t.deepEqual(
    beforeNew.sources.map(({ name, upTo, said }) => [name, upTo, said]),
    [
      ['a', '40', '40'],
      ['b', '9', '9'],
    ],
  );
  const live = path.join(store, 'wal', '3', 'wal-0.log');
  turnBit(live, 12);
  const { sources } = await sourcesOf(store);
  t.like(sources[0], { name: 'a', upTo: '30', said: '40', isOfCheckpoint: true });
  t.like(sources[1], { name: 'b', upTo: '7', said: '9', isOfCheckpoint: true });
  const lines = (await ask(store, '--commits')).stdout.split('\n').map((line) => line.split('\t'));
  t.true(lines.some((fields) => fields.slice(-4).join() === 'source,a,30,40'));
  const shown = await commandLine(['wal-replay', store, '--commits'], { isTerminal: true });
  t.regex(
    shown.stdout,
    /source a: nothing is missing up to 30, as the newest checkpoint says; the last commit says 40, behind what was lost: .*wal-0\.log, byte 0\n/,
  );
});

test('the mark of a group is no commit, and a fold log has none', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const group =
    '{"id":1,"op":"group","operations":[{"op":"put","key":"a","value":"1"},{"op":"put","key":"b","value":"2"}]}\n';
  t.is((await commandLine(['session', store], { input: [group] })).exitCode, 0);
  t.regex((await ask(store)).stdout, /\tcommit\t/);
  t.like(await ask(store, '--commits'), { exitCode: 0, stdout: '' });
  t.is((await ask(fold, '--commits')).exitCode, 2);
});

for (const [what, file] of [
  ['a segment', ops],
  ['a fold log', fold],
] as const) {
  test(`the value of one record of ${what} goes to a file, byte for byte, and to standard output`, async (t) => {
    const records = linesOf((await ask(file, '--json', '--encoding', 'hex')).stdout);
    const folder = tempDir(t);
    const put = records.find(({ op, value }) => op === 'put' && String(value).length > 20)!;
    const at = ['--around', String(put['offset'])] as const;
    const target = path.join(folder, 'value');
    t.like(await ask(file, ...at, '--value-to', target), { exitCode: 0, stdout: '', stderr: '' });
    t.is(readFileSync(target).toString('hex'), String(put['value']));
    const { stdoutBytes } = await ask(file, ...at, '--value-to', '-');
    t.is(Buffer.from(stdoutBytes).toString('hex'), String(put['value']));
    const { key } = records.findLast(({ op }) => op === 'put')!;
    const last = ['--key', String(key), '--key-encoding', 'hex', '--op', 'put'] as const;
    await ask(file, ...last, '--last', '--value-to', target);
    const values = records.filter((record) => record['key'] === key && record['op'] === 'put');
    t.is(readFileSync(target).toString('hex'), String(values.at(-1)!['value']));
  });

  test(`of several records of ${what}, or none, or one without a value, no file is written`, async (t) => {
    const target = path.join(tempDir(t), 'value');
    const several = await ask(file, '--op', 'put', '--value-to', target);
    t.is(several.exitCode, 2);
    t.regex(several.stderr, /several match: .*, byte \d+, and .*, byte \d+; add --last/);
    const none = { exitCode: 1, stdout: '', stderr: '' };
    t.like(await ask(file, '--key', 'nobody', '--value-to', target), none);
    t.like(await ask(file, '--op', 'delete', '--last', '--value-to', target), none);
    t.false(existsSync(target));
    t.is((await ask(file, '--op', 'put', '--last', '--value-to', file)).exitCode, 8);
    t.is((await ask(file, '--last', '--value-to', '')).exitCode, 2);
    t.is((await ask(file, '--last', '--value-to', target, '--redact')).exitCode, 2);
    t.is((await ask(file, file, '--last', '--value-to', target)).exitCode, 2);
  });
}
