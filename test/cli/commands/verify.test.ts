import {
  appendFileSync,
  copyFileSync,
  cpSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { commandLine } from '../../support/command-line.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { fixtureLines, linesOf, type JsonLine } from './fixture-lines.js';

interface Verified {
  readonly exitCode: number;
  readonly findings: JsonLine[];
  readonly summaries: JsonLine[];
  readonly stderr: string;
}

/** Verifies, and makes sure that nothing was touched. */
async function verified(t: ExecutionContext, ...paths: readonly string[]): Promise<Verified> {
  const before = paths.map((one) => filePrints(one));
  const { exitCode, stdout, stderr } = await commandLine(['verify', ...paths, '--json']);
  t.deepEqual(
    paths.map((one) => filePrints(one)),
    before,
  );
  const lines = linesOf(stdout);
  return {
    exitCode,
    findings: lines.flatMap(({ finding }) => (finding === undefined ? [] : [finding as JsonLine])),
    summaries: lines.flatMap(({ summary }) => (summary === undefined ? [] : [summary as JsonLine])),
    stderr,
  };
}

function copyOf(t: ExecutionContext, name: string): string {
  const copy = path.join(tempDir(t), path.basename(name));
  cpSync(fixturePath(name), copy, { recursive: true });
  return copy;
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = bytes[at]! ^ 0x01;
  writeFileSync(file, bytes);
}

/** A state directory with two checkpoints and changes after them. */
async function newStore(t: ExecutionContext): Promise<string> {
  const store = path.join(tempDir(t), 'store');
  for (const key of ['one', 'two']) {
    await commandLine(['put', store, key, `value of ${key}`]);
    await commandLine(['checkpoint', store]);
  }
  await commandLine(['put', store, 'three', 'value of three']);
  return store;
}

test('what the original programs wrote is whole, and its state files are told to be unchecked', async (t) => {
  const good = ['wal-ops', 'wal-ops/wal-0.log', 'wal-cores', 'fold-log.snap', 'fold-empty.snap', 'artifact'];
  const { exitCode, findings, summaries } = await verified(t, ...good.map(fixturePath));
  t.is(exitCode, 0);
  t.deepEqual(findings, []);
  t.is(summaries.length, good.length);
  t.like(summaries[0], { kind: 'wal-folder', records: 84, damage: 0, torn: 0 });
  const foreign = await verified(t, fixturePath('state-medium.db'));
  t.is(foreign.exitCode, 0);
  t.is(foreign.findings.length, 1);
  t.like(foreign.findings[0], { severity: 'notice', class: 'unchecked' });
});

test('a turned bit in a segment is damage of its record, with good ones before and after', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  const [before, bad, after] = fixtureLines('wal-ops.ndjson').slice(39, 42);
  flip(copy, Number(bad!['offset']) + 20);
  const { exitCode, findings, summaries } = await verified(t, copy);
  t.is(exitCode, 3);
  t.is(findings.length, 1);
  t.like(findings[0], {
    severity: 'damage',
    class: 'checksum-mismatch',
    file: copy,
    offset: bad!['offset'],
    bytes: bad!['bytes'],
    lastGood: before!['offset'],
    nextGood: after!['offset'],
  });
  t.like(summaries[0], { damage: 1, records: 83 });
});

test('a turned bit in a fold log is damage where its record starts', async (t) => {
  const copy = copyOf(t, 'fold-log.snap');
  flip(copy, 12_000);
  const { exitCode, findings } = await verified(t, copy);
  t.is(exitCode, 3);
  t.like(findings[0], { severity: 'damage', class: 'checksum-mismatch', file: copy });
  const { offset, bytes } = findings[0] as { offset: number; bytes: number };
  t.true(offset <= 12_000 && 12_000 < offset + bytes);
});

test('a tail that is cut, and zeros after the last record, are 4', async (t) => {
  const cut = copyOf(t, 'wal-ops/wal-0.log');
  const { offset } = fixtureLines('wal-ops.ndjson').at(-2)!;
  truncateSync(cut, readFileSync(cut).length - 100);
  const torn = await verified(t, cut);
  t.is(torn.exitCode, 4);
  t.like(torn.findings[0], { severity: 'torn', class: 'torn-tail', offset });
  const padded = copyOf(t, 'wal-ops/wal-0.log');
  const { length } = readFileSync(padded);
  appendFileSync(padded, new Uint8Array(1000));
  const zeros = await verified(t, padded);
  t.is(zeros.exitCode, 4);
  t.like(zeros.findings[0], { severity: 'torn', class: 'zero-tail', offset: length, bytes: 1000 });
});

test('the keys of a fold log are counted up to an unfinished end, and not where it is damaged', async (t) => {
  const copy = copyOf(t, 'fold-log.snap');
  const { summaries: whole } = await verified(t, copy);
  appendFileSync(copy, new Uint8Array(1000));
  const torn = await verified(t, copy);
  t.is(torn.exitCode, 4);
  t.true((whole[0]!['keys'] as number) > 0);
  t.is(torn.summaries[0]!['keys'], whole[0]!['keys']);
  flip(copy, 12_000);
  t.is((await verified(t, copy)).summaries[0]!['keys'], 0);
});

test('a store of ours is whole, its values are checked, and --quick leaves them out', async (t) => {
  const store = await newStore(t);
  const whole = await verified(t, store);
  t.deepEqual([whole.exitCode, whole.findings], [0, []]);
  t.like(whole.summaries[0], { kind: 'directory', keys: 2 });
  flip(path.join(store, 'checkpoints', '2', 'state-0.db'), 34);
  const rotted = await verified(t, store);
  t.is(rotted.exitCode, 3);
  t.true(rotted.findings.some((one) => one['class'] === 'value-mismatch'));
  t.is((await commandLine(['verify', store, '--quick'])).exitCode, 0);
});

test('a state directory without one of its files is damaged', async (t) => {
  const cases = [
    ['wal/3/wal-0.log', 'missing-segment'],
    ['wal/2/wal-0.log', 'missing-segment'],
    ['checkpoints/1/state-0.db', 'missing-file'],
    ['MANIFEST.json', 'missing-file'],
  ] as const;
  for (const [name, kind] of cases) {
    const store = await newStore(t);
    rmSync(path.join(store, name));
    const { exitCode, findings } = await verified(t, store);
    t.is(exitCode, 3, name);
    t.like(findings[0], { severity: 'damage', class: kind, file: path.join(store, name) });
  }
});

test('an artifact whose payload was changed does not have its digest', async (t) => {
  const copy = copyOf(t, 'artifact');
  flip(path.join(copy, 'data', 'fold.snap'), 500);
  const { exitCode, findings, summaries } = await verified(t, copy);
  t.is(exitCode, 3);
  t.like(findings[0], { severity: 'damage', class: 'digest-mismatch' });
  t.like(summaries[0], { kind: 'artifact-folder', damage: 1 });
});

test('what is not ours is 7, nothing at all is 6, and both are said', async (t) => {
  const folder = tempDir(t);
  const foreign = path.join(folder, 'notes');
  writeFileSync(foreign, 'nothing but text\n');
  const unknown = await verified(t, foreign);
  t.is(unknown.exitCode, 7);
  t.like(JSON.parse(unknown.stderr), { error: { code: 'UNKNOWN_FORMAT', path: foreign } });
  const missing = await commandLine(['verify', path.join(folder, 'none')]);
  t.is(missing.exitCode, 6);
  t.regex(missing.stderr, /^statelog: [^\n]+\n$/);
});

test('all paths are read, and the worst outcome of 3, 6, 7, 4 and 0 is told', async (t) => {
  const folder = tempDir(t);
  const place = (name: string): string => path.join(folder, name);
  const good = fixturePath('wal-ops/wal-0.log');
  const bytes = readFileSync(good);
  copyFileSync(good, place('torn'));
  truncateSync(place('torn'), bytes.length - 1);
  writeFileSync(place('foreign'), 'text');
  bytes[100] = bytes[100]! ^ 0x80;
  writeFileSync(place('damaged'), bytes);
  const outcomes: [string, number][] = [
    [good, 0],
    [place('torn'), 4],
    [place('foreign'), 7],
    [place('none'), 6],
    [place('damaged'), 3],
  ];
  const paths: string[] = [];
  for (const [one, exitCode] of outcomes) {
    paths.unshift(one);
    t.is((await commandLine(['verify', ...paths])).exitCode, exitCode, paths.join(' '));
    t.is((await commandLine(['verify', ...[...paths].reverse()])).exitCode, exitCode);
  }
  const { stdout } = await commandLine(['verify', ...paths, '--json']);
  t.is(linesOf(stdout).filter((line) => 'summary' in line).length, 3);
  const quiet = await commandLine(['verify', '-q', ...paths]);
  t.deepEqual([quiet.exitCode, quiet.stdout, quiet.stderr], [3, '', '']);
});

test('a person reads a line for each finding, with its place and what to do, and a line for each path', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  truncateSync(copy, readFileSync(copy).length - 1);
  const { stdout } = await commandLine(['verify', copy]);
  const [finding, summary, rest] = stdout.split('\n');
  t.regex(
    finding!,
    /^torn: torn-tail: .*wal-0\.log, byte 21032, 70079 bytes: .*; run 'statelog repair \S+wal-0\.log' to copy it aside and cut it$/,
  );
  t.regex(summary!, /wal-0\.log: torn tail, wal-segment, 1 file, /);
  t.is(rest, '');
});
