import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { blake3Hex } from '../../../src/engine/bytes/hash/blake3.js';
import { commandLine } from '../../support/command-line.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { needing } from '../../support/needing.js';
import { tempDir } from '../../support/temp-dir.js';
import { isOriginalThere, ORIGINAL, readByOriginal } from '../../engine/wal/original-harness.js';
import { fixtureLines, linesOf, without, type JsonLine } from './fixture-lines.js';

interface Repaired {
  readonly exitCode: number;
  readonly findings: readonly JsonLine[];
  readonly lostKeys: readonly JsonLine[];
  readonly summary: JsonLine | undefined;
  readonly error: JsonLine | undefined;
}

async function repair(...argv: readonly string[]): Promise<Repaired> {
  const { exitCode, stdout, stderr } = await commandLine(['repair', ...argv, '--json']);
  const lines = linesOf(stdout);
  const named = (name: string): JsonLine[] =>
    lines.flatMap((line) => (name in line ? [line[name] as JsonLine] : []));
  const [error] = stderr === '' ? [] : linesOf(stderr);
  return {
    exitCode,
    findings: named('finding'),
    lostKeys: named('lostKey'),
    summary: named('summary')[0],
    error: error?.['error'] as JsonLine | undefined,
  };
}

function copyOf(t: ExecutionContext, name: string): string {
  const copy = path.join(tempDir(t), path.basename(name));
  cpSync(fixturePath(name), copy, { recursive: true });
  return copy;
}

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 0x10;
  writeFileSync(file, bytes, { mode: 0o600 });
}

test('a flipped bit at 3,000 of a LaminarDB segment costs the one record; all others are kept as they were', async (t) => {
  const source = copyOf(t, 'wal-cores/wal-0.log');
  const original = readFileSync(source);
  flip(source, 3000);
  const before = filePrints(source);
  const into = path.join(tempDir(t), 'wal-0.log');
  const { exitCode, findings, summary } = await repair(source, '--into', into);
  t.is(exitCode, 3);
  t.is(findings.length, 1);
  t.like(findings[0], { class: 'checksum-mismatch', file: source, offset: 2968, bytes: 136 });
  t.deepEqual(readFileSync(into), Buffer.concat([original.subarray(0, 2968), original.subarray(2968 + 136)]));
  t.like(summary, {
    into,
    kept: { records: 70, bytes: 9000, keys: 49 },
    lost: { records: 1, bytes: 136, keys: 0 },
  });
  t.deepEqual(filePrints(source), before);
  const { stdout } = await commandLine(['wal-replay', into, '--no-merge', '--json']);
  const offsets = linesOf(stdout).filter((line) => 'op' in line);
  t.is(offsets.length, 70);
});

needing(
  test,
  ORIGINAL,
  isOriginalThere,
)('LaminarDB reads all the rest of a segment that was repaired', async (t) => {
  const source = copyOf(t, 'wal-cores/wal-0.log');
  const whole = readByOriginal('wal', source);
  flip(source, 3000);
  const into = path.join(tempDir(t), 'wal-0.log');
  await repair(source, '--into', into);
  const withoutPlace = (lines: readonly JsonLine[]): JsonLine[] =>
    lines.filter((line) => 'op' in line).map((line) => without(line, 'offset', 'bytes', 'position'));
  const kept = withoutPlace(readByOriginal('wal', into));
  const all = withoutPlace(whole);
  t.is(kept.length, all.length - 1);
  t.deepEqual(
    kept,
    all.filter((_, index) => index !== 23),
  );
});

test('a folder of segments becomes a folder of them, under their names', async (t) => {
  const source = copyOf(t, 'wal-cores');
  flip(path.join(source, 'wal-2.log'), 500);
  const into = path.join(tempDir(t), 'new');
  const { exitCode, summary } = await repair(source, '--into', into);
  t.is(exitCode, 3);
  const records = fixtureLines('wal-cores.ndjson').filter((line) => 'op' in line).length;
  t.like(summary, { kind: 'wal-folder', kept: { records: records - 1 }, lost: { records: 1 } });
  t.deepEqual(readdirSync(into), ['wal-0.log', 'wal-1.log', 'wal-2.log', 'wal-3.log']);
  t.deepEqual(readFileSync(path.join(into, 'wal-3.log')), readFileSync(path.join(source, 'wal-3.log')));
});

test('a fold log keeps all good records, and a key that falls back to an older value is named', async (t) => {
  const folder = tempDir(t);
  const source = path.join(folder, 'a.snap');
  for (const [key, value] of [
    ['same', 'old value'],
    ['gone', 'only value'],
    ['again', 'first'],
    ['same', 'new value'],
    ['again', 'second'],
    ['again', 'third'],
  ] as const) {
    await commandLine(['put', source, key, value]);
  }
  const text = readFileSync(source, 'latin1');
  for (const value of ['new value', 'only value', 'second']) flip(source, text.indexOf(value));
  const into = path.join(folder, 'b.snap');
  const { exitCode, findings, lostKeys, summary } = await repair(source, '--into', into);
  t.is(exitCode, 3);
  t.is(findings.length, 3);
  t.deepEqual(
    lostKeys.map(({ key, op, fallsBack }) => [key, op, fallsBack]),
    [
      ['gone', 'put', false],
      ['same', 'put', true],
    ],
  );
  t.like(summary, { kind: 'log', lost: { records: 3, keys: 2 }, kept: { keys: 2 } });
  t.is((await commandLine(['verify', into])).exitCode, 0);
  t.is((await commandLine(['scan', into])).stdout, 'again\tthird\nsame\told value\n');
  const text2 = await commandLine(['repair', source, '--into', path.join(folder, 'c.snap')]);
  const older = { valueBytes: 9, valueDigest: blake3Hex(Buffer.from('old value')) };
  t.like(lostKeys[1], { older });
  t.is(lostKeys[0]!['older'], undefined);
  const told = `it falls back to the value that it had before (9 bytes, blake3 ${older.valueDigest})`;
  t.true(
    text2.stdout.split('\n').some((line) => line.startsWith('lost: put of same: ') && line.endsWith(told)),
  );
});

test('a header that was overwritten costs no record', async (t) => {
  for (const at of [1, 4]) {
    const source = copyOf(t, 'fold-log.snap');
    const original = readFileSync(source);
    flip(source, at);
    const into = path.join(tempDir(t), 'new.snap');
    const { exitCode, summary } = await repair(source, '--into', into);
    t.is(exitCode, 3);
    t.like(summary, { lost: { records: 0 } });
    t.deepEqual(readFileSync(into), original);
  }
});

test('a torn tail is copied and cut in place; a dry run says so with 4 and changes nothing', async (t) => {
  for (const name of ['wal-ops/wal-0.log', 'fold-log.snap']) {
    const source = copyOf(t, name);
    const whole = readFileSync(source);
    appendFileSync(source, Buffer.from([0x60, 0, 0, 0, 1, 2, 3]));
    const torn = filePrints(source);
    t.is((await repair(source, '--dry-run')).exitCode, 4);
    t.deepEqual(filePrints(source), torn);
    const refused = await repair(source, '--max-loss', '6');
    t.is(refused.exitCode, 8);
    t.like(refused.error, { code: 'LOSS_LIMIT', path: source });
    t.deepEqual(filePrints(source), torn);
    const { exitCode, summary } = await repair(source, '--max-loss', '7');
    t.is(exitCode, 0);
    const [copy] = summary!['copies'] as string[];
    t.deepEqual(readFileSync(copy!), Buffer.from([0x60, 0, 0, 0, 1, 2, 3]));
    t.deepEqual(readFileSync(source).subarray(0, whole.length), whole);
    t.is((await commandLine(['verify', source])).exitCode, 0);
    t.like(await repair(source), { exitCode: 0, findings: [] });
  }
});

test('in place, damage with good records behind it is 3; nothing is changed, and the hint leads on', async (t) => {
  for (const name of ['wal-cores/wal-0.log', 'wal-cores', 'fold-log.snap', 'artifact']) {
    const source = copyOf(t, name);
    const file = { 'wal-cores': 'wal-1.log', artifact: 'data/fold.snap' }[name];
    flip(file === undefined ? source : path.join(source, file), 3000);
    const before = filePrints(source);
    for (const dryRun of [[], ['--dry-run']]) {
      const { exitCode, error } = await repair(source, ...dryRun);
      t.is(exitCode, 3, name);
      t.like(error, { code: 'DAMAGED', path: source });
      t.regex(String(error!['hint']), /statelog repair .* --into .*-repaired/);
    }
    t.deepEqual(filePrints(source), before);
  }
});

test('a new place that is taken, or within the source, is refused, and so is too much loss', async (t) => {
  const source = copyOf(t, 'wal-cores');
  flip(path.join(source, 'wal-0.log'), 3000);
  const before = filePrints(source);
  const folder = tempDir(t);
  const taken = path.join(folder, 'taken');
  mkdirSync(taken);
  writeFileSync(path.join(taken, 'file'), '');
  const cases: [readonly string[], number, string][] = [
    [['--into', taken], 8, 'ALREADY_EXISTS'],
    [['--into', path.join(source, 'new')], 2, 'INVALID_ARGUMENT'],
    [['--into', path.join(folder, 'none', 'new')], 6, 'NOT_FOUND'],
    [['--into', path.join(folder, 'new'), '--max-loss', '135'], 8, 'LOSS_LIMIT'],
    [['--into', path.join(folder, 'new'), '--max-loss', '135', '--dry-run'], 8, 'LOSS_LIMIT'],
  ];
  for (const [flags, exitCode, code] of cases) {
    const refused = await repair(source, ...flags);
    t.is(refused.exitCode, exitCode);
    t.like(refused.error, { code });
  }
  t.deepEqual(readdirSync(folder), ['taken']);
  t.deepEqual(filePrints(source), before);
  t.is((await repair(source, '--into', path.join(folder, 'new'), '--max-loss', '136')).exitCode, 3);
});

test('a dry run into a new place exits as the run would, and makes nothing', async (t) => {
  const folder = tempDir(t);
  const whole = copyOf(t, 'wal-cores');
  t.is((await repair(whole, '--into', path.join(folder, 'new'), '--dry-run')).exitCode, 0);
  const damaged = copyOf(t, 'fold-log.snap');
  flip(damaged, 12_000);
  const dry = await repair(damaged, '--into', path.join(folder, 'new'), '--dry-run');
  t.is(dry.exitCode, 3);
  t.deepEqual(readdirSync(folder), []);
  const real = await repair(damaged, '--into', path.join(folder, 'new'));
  t.is(real.exitCode, 3);
  t.deepEqual({ ...real.summary, dryRun: true }, dry.summary);
  t.deepEqual(real.lostKeys, dry.lostKeys);
});

test('a torn tail alone costs nothing that was acknowledged: 0 into a new place, and it is told', async (t) => {
  const source = copyOf(t, 'wal-ops/wal-0.log');
  truncateSync(source, readFileSync(source).length - 8);
  const before = filePrints(source);
  const into = path.join(tempDir(t), 'new');
  const { exitCode, findings } = await repair(source, '--into', into);
  t.is(exitCode, 0);
  t.like(findings[0], { severity: 'torn', class: 'torn-tail' });
  t.deepEqual(filePrints(source), before);
  t.is((await commandLine(['verify', into])).exitCode, 0);
  t.false(existsSync(path.join(path.dirname(source), 'broken')));
});

test('the repair of a store that is sound says what it holds', async (t) => {
  const store = path.join(tempDir(t), 'store');
  for (const key of ['a', 'b']) await commandLine(['put', store, key, '1']);
  await commandLine(['checkpoint', store]);
  const { exitCode, summary } = await repair(store);
  t.is(exitCode, 0);
  t.like(summary, { kept: { keys: 2 }, lost: { keys: 0 } });
});

test('a segment of a state directory is not cut by itself', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'key', 'value']);
  const segment = path.join(store, 'wal', '1', 'wal-0.log');
  appendFileSync(segment, 'torn');
  const refused = await repair(segment);
  t.is(refused.exitCode, 8);
  t.regex(String(refused.error!['hint']), /statelog repair .*store'/);
  t.is((await repair(store)).exitCode, 0);
  t.is(readdirSync(path.join(store, 'broken')).length, 1);
  t.is((await commandLine(['verify', store])).exitCode, 0);
});

test('a state directory and a state file become whole ones again, and what falls back is named', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'same', 'the old value']);
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, 'same', 'the new value']);
  await commandLine(['put', store, 'other', 'value']);
  const segment = path.join(store, 'wal', '2', 'wal-0.log');
  flip(segment, readFileSync(segment, 'latin1').indexOf('new value'));
  const failed = await commandLine(['get', store, 'other']);
  t.is(failed.exitCode, 3);
  const into = path.join(folder, 'mended');
  const { exitCode, lostKeys, summary } = await repair(store, '--into', into);
  t.is(exitCode, 3);
  t.like(lostKeys[0], { key: 'same', op: 'put', fallsBack: true, file: segment });
  t.like(summary, { kind: 'directory', kept: { keys: 2 }, lost: { records: 1, keys: 1 } });
  t.is((await commandLine(['scan', into])).stdout, 'other\tvalue\nsame\tthe old value\n');
  t.is((await commandLine(['put', into, 'more', '1'])).exitCode, 0);
  t.is((await commandLine(['verify', into])).exitCode, 0);

  const state = copyOf(t, 'state-small.db');
  const made = await repair(state, '--into', path.join(folder, 'state.db'));
  t.is(made.exitCode, 3);
  t.like(made.summary, { kind: 'state-file', kept: { keys: 0 }, lost: { keys: 0 } });
  cpSync(fixturePath('state-small.idx'), state.replace('.db', '.idx'));
  const whole = await repair(state, '--into', path.join(folder, 'whole.db'));
  t.is(whole.exitCode, 0);
  t.is((await commandLine(['diff', state, path.join(folder, 'whole.db')])).exitCode, 0);
});
