import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import test, { type ExecutionContext } from 'ava';
import { commandLine, type CommandLineResult } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { linesOf, type JsonLine } from './fixture-lines.js';

const cores = fixturePath('wal-cores');
const ops = fixturePath('wal-ops/wal-0.log');
const fold = fixturePath('fold-log.snap');

async function ask(...argv: readonly string[]): Promise<CommandLineResult> {
  return commandLine(['wal-replay', ...argv]);
}

async function answer(...argv: readonly string[]): Promise<JsonLine[]> {
  const { stdout } = await ask(...argv, '--json', '--encoding', 'hex');
  return linesOf(stdout);
}

/** A store of two cores, whose log begins behind a checkpoint: `a` is in it. */
async function storeOf(t: ExecutionContext): Promise<string> {
  const store = path.join(tempDir(t), 'store');
  const lines = async (input: string): Promise<void> => {
    const { exitCode } = await commandLine(['put', store, '--batch', '-', '--tsv'], { input: [input] });
    t.is(exitCode, 0);
  };
  await commandLine(['create', store, '--cores', '2']);
  await lines('a\told\nb\tfirst\n');
  await commandLine(['checkpoint', store, '--keep', '1']);
  await lines('b\tsecond\nc\tone\n');
  await commandLine(['delete', store, 'c']);
  await lines('a\tnew\nb\tthird\nc\ttwo\n');
  return store;
}

test('who changed a key last, from which value to which, is one command', async (t) => {
  const store = await storeOf(t);
  const [last, ...more] = linesOf((await ask(store, '--key', 'b', '--last', '--json')).stdout);
  t.is(more.length, 0);
  t.like(last, { op: 'put', key: 'b', value: 'third', previous: 'second' });
  t.is(typeof last!['coreId'], 'number');
  t.regex(String(last!['timestampNs']), /^\d{19}$/);
});

test('the value before the last change is found in the checkpoint below the log, and behind a delete there is none', async (t) => {
  const store = await storeOf(t);
  const ofKeys = async (...keys: readonly string[]): Promise<JsonLine[]> =>
    linesOf((await ask(store, ...keys.flatMap((key) => ['--key', key]), '--last', '--json')).stdout);
  t.like((await ofKeys('a'))[0], { value: 'new', previous: 'old' });
  t.like((await ofKeys('c'))[0], { value: 'two', previous: null });
  const all = await ofKeys('c', 'a', 'b', 'not there');
  t.deepEqual(all.map(({ key, value, previous }) => [key, value, previous]).sort(), [
    ['a', 'new', 'old'],
    ['b', 'third', 'second'],
    ['c', 'two', null],
  ]);
  const deleted = linesOf((await ask(store, '--key', 'c', '--op', 'delete', '--last', '--json')).stdout);
  t.like(deleted[0], { op: 'delete', previous: 'one' });
});

test('a log by itself does not tell what was before it, and text says so, or the value, or that there was none', async (t) => {
  const store = await storeOf(t);
  const text = async (...argv: readonly string[]): Promise<string> => (await ask(...argv, '--last')).stdout;
  const log = path.join(store, 'wal', '2');
  t.regex(await text(log, '--key', 'a'), /\tput\ta\tnew\tunknown\n$/);
  t.false('previous' in linesOf((await ask(log, '--key', 'a', '--last', '--json')).stdout)[0]!);
  t.regex(await text(store, '--key', 'a'), /\tput\ta\tnew\twas\told\n$/);
  t.regex(await text(store, '--key', 'c'), /\tput\tc\ttwo\tnone\n$/);
  const redacted = linesOf((await ask(store, '--key', 'a', '--last', '--json', '--redact')).stdout)[0]!;
  t.like(redacted, { valueBytes: 3, previousBytes: 3 });
  t.notDeepEqual(redacted['previousDigest'], redacted['valueDigest']);
  t.false('previous' in redacted);
  const shown = await commandLine(['wal-replay', store, '--key', 'a', '--last'], {
    isTerminal: true,
    columns: 200,
  });
  t.regex(shown.stdout, / put a = new \(was old\)\n$/);
});

test('of a key that nobody changed, the answer is no', async (t) => {
  const none = { exitCode: 1, stdout: '', stderr: '' };
  t.like(await ask(ops, '--key', 'nobody', '--last'), none);
  t.like(await ask(fold, '--key', 'nobody', '--last'), none);
  t.like(await ask(ops, '--around', '99999999'), none);
  t.is((await ask(ops, '--key', 'nobody')).exitCode, 0);
});

for (const [what, file] of [
  ['segments', cores],
  ['a segment', ops],
  ['a fold log', fold],
] as const) {
  test(`of ${what}, the newest come first with --reverse, filtered and limited like any others`, async (t) => {
    const all = await answer(file);
    t.deepEqual(await answer(file, '--reverse'), [...all].reverse());
    t.deepEqual(await answer(file, '--reverse', '--limit', '7'), all.slice(-7).reverse());
    const puts = all.filter(({ op }) => op === 'put');
    t.deepEqual(await answer(file, '--reverse', '--op', 'put'), [...puts].reverse());
    const { key } = puts.at(5)!;
    const ofKey = all.filter((line) => line['key'] === key);
    const history = ['--key', String(key), '--key-encoding', 'hex'] as const;
    t.deepEqual(await answer(file, ...history), ofKey);
    t.deepEqual(await answer(file, ...history, '--reverse'), [...ofKey].reverse());
    const [last] = await answer(file, ...history, '--last');
    t.like(last, ofKey.at(-1)!);
    t.is(last!['previous'], ofKey.at(-2)?.['value']);
  });

  test(`of ${what}, the record at a byte comes with those around it, whatever byte of it that is`, async (t) => {
    const lines = await answer(file, '--no-merge');
    const { segment } = lines[0]!;
    const own = lines.filter((line) => line['segment'] === segment);
    await fc.assert(
      fc.asyncProperty(fc.nat(own.length - 1), fc.nat(5), fc.nat(), async (index, context, into) => {
        const line = own[index]!;
        const at = Number(line['offset']) + (into % Number(line['bytes']));
        const shown = await answer(
          String(segment),
          '--no-merge',
          '--around',
          String(at),
          '--context',
          String(context),
        );
        t.deepEqual(shown, own.slice(Math.max(0, index - context), index + context + 1));
      }),
      { numRuns: 20 },
    );
  });
}

test('the record of a core and a sequence comes with those around it in merged order', async (t) => {
  const lines = await answer(cores);
  const index = lines.findIndex(({ coreId, sequence }) => coreId === 2 && sequence === '3');
  t.deepEqual(await answer(cores, '--around', '2:3', '--context', '2'), lines.slice(index - 2, index + 3));
  t.deepEqual(await answer(cores, '--around', '2:3', '--context', '0'), [lines[index]!]);
  t.is((await answer(cores, '--around', '2:3')).length, 7);
});

test('of a damaged place, the fault comes with the records around it', async (t) => {
  const lines = await answer(ops);
  const bad = lines[40]!;
  const copy = path.join(tempDir(t), 'wal-0.log');
  const bytes = readFileSync(ops);
  const at = Number(bad['offset']) + 20;
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(copy, bytes);
  const { exitCode, stdout } = await ask(copy, '--around', String(at), '--context', '1', '--json');
  t.is(exitCode, 3);
  const offsets = linesOf(stdout).map(
    (line) => (line['finding'] as JsonLine | undefined)?.['offset'] ?? line['offset'],
  );
  t.deepEqual(
    offsets,
    [39, 40, 41].map((index) => lines[index]!['offset']),
  );
});

test('records before a byte are those of --to-offset, and findings behind it are left out', async (t) => {
  const lines = await answer(ops);
  const to = Number(lines[30]!['offset']);
  t.deepEqual(await answer(ops, '--to-offset', String(to)), lines.slice(0, 30));
  t.deepEqual(
    await answer(ops, '--from-offset', String(lines[10]!['offset']), '--to-offset', String(to + 1)),
    lines.slice(10, 31),
  );
  const copy = path.join(tempDir(t), 'wal-0.log');
  const bytes = readFileSync(ops);
  bytes[to + 30] = bytes[to + 30]! ^ 1;
  writeFileSync(copy, bytes);
  t.is((await ask(copy, '--to-offset', String(to))).exitCode, 0);
  t.is((await ask(copy, '--to-offset', String(to + 1))).exitCode, 3);
});

test('keys and values are looked through by a regular expression, in time that grows with the text alone', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const long = 'a'.repeat(50_000);
  const input = [`user:1\tpaid 10\nuser:2\topen\npaid\tx\nlong\t${long}!\n`];
  await commandLine(['put', store, '--batch', '-', '--tsv'], { input });
  const keys = async (pattern: string): Promise<unknown[]> =>
    linesOf((await ask(store, '--grep', pattern, '--json')).stdout).map(({ key }) => key);
  t.deepEqual(await keys('^paid'), ['user:1', 'paid']);
  t.deepEqual(await keys('user:\\d$'), ['user:1', 'user:2']);
  // Going back at each step would take longer than anybody waits.
  t.deepEqual(await keys('^(a+)+$'), []);
  for (const pattern of ['(', '(a)\\1', 'a(?=b)'])
    t.like(await ask(store, '--grep', pattern), { exitCode: 2, stdout: '' });
});

test('questions that need an end, or records to show, are refused where there is neither', async (t) => {
  for (const asked of [['--last'], ['--reverse'], ['--around', '0']]) {
    for (const other of [['--follow'], ['--stats'], ['--into', path.join(tempDir(t), 'new')]])
      t.is((await ask(ops, ...asked, ...other)).exitCode, 2);
  }
  for (const around of ['x', '1:', ':1', '1:2:3', '70000:1', '-1'])
    t.is((await ask(ops, '--around', around)).exitCode, 2);
  t.is((await ask(fold, '--around', '1:1')).exitCode, 2);
  t.is((await ask(cores, '--around', '0')).exitCode, 2);
  t.is((await ask(fold, '--op', 'commit')).exitCode, 2);
  t.is((await ask(ops, '--op', 'cursor')).exitCode, 2);
  t.false(existsSync('new'));
});

test('the records of several paths come together in the order of time, whatever epochs their stores count', async (t) => {
  const one = await storeOf(t);
  const other = await storeOf(t);
  await commandLine(['put', other, 'b', 'fourth']);
  const packed = path.join(tempDir(t), 'wal-0.log.gz');
  writeFileSync(packed, gzipSync(readFileSync(ops)));
  const paths = [one, packed, other];
  const apart: JsonLine[] = [];
  for (const each of paths) apart.push(...(await answer(each)));
  const byTime = (a: JsonLine, b: JsonLine): number => {
    const [from, to] = [a, b].map(({ timestampNs }) => BigInt(String(timestampNs))) as [bigint, bigint];
    return from < to
      ? -1
      : from > to
        ? 1
        : Number(a['coreId']) - Number(b['coreId']) || Number(a['sequence']) - Number(b['sequence']);
  };
  t.deepEqual(await answer(...paths, '--together'), apart.toSorted(byTime));
  const some = await answer(...paths, '--together', '--op', 'put', '--limit', '3');
  t.deepEqual(
    some,
    apart
      .toSorted(byTime)
      .filter(({ op }) => op === 'put')
      .slice(0, 3),
  );
  const [sums] = await answer(...paths, '--together', '--stats');
  t.like(sums, { stats: { records: apart.length } });
  const into = path.join(tempDir(t), 'new');
  t.is((await ask(other, one, '--together', '--into', into)).exitCode, 0);
  t.is((await commandLine(['get', into, 'b'])).stdout, 'fourth', 'the latest, whichever path came first');
  t.is((await ask(one, other, '--together', '--into', path.join(other, 'inside'))).exitCode, 8);
  for (const flag of ['--last', '--reverse', '--commits', '--hexdump', '--follow', '--no-merge'])
    t.is((await ask(one, other, '--together', flag)).exitCode, 2, flag);
  const { stderr } = await ask(one, other, '--together', '--last');
  t.regex(stderr, /leave out --together: each PATH has an answer of its own then/);
  t.is((await ask(one, other, '--last')).exitCode, 0);
});

test('of an artifact of a fold log, the log in it is asked, and one of a state is not', async (t) => {
  const folder = tempDir(t);
  const tar = path.join(folder, 'fold.tar');
  t.is((await commandLine(['export', fold, tar])).exitCode, 0);
  const keys = (await answer(tar)).map(({ key }) => key);
  t.true(keys.length > 10);
  const [last] = await answer(tar, '--key', String(keys[3]), '--key-encoding', 'hex', '--last');
  t.like(last, { segment: path.join(tar, 'data', 'fold.snap'), key: keys[3] });
  const state = path.join(folder, 'state');
  await commandLine(['export', fold, state, '--as', 'mmap-state', '--drop-revisions', '--drop-cursor']);
  t.is((await ask(state)).exitCode, 7);
});

/** The sums that the records themselves give, by a label. */
function sumsOf(
  records: readonly JsonLine[],
  labelOf: (record: JsonLine) => unknown,
): { label: unknown; records: number; bytes: number; operations: Record<string, number> }[] {
  const groups = new Map<unknown, JsonLine[]>();
  for (const record of records) {
    const label = labelOf(record);
    groups.set(label, [...(groups.get(label) ?? []), record]);
  }
  return [...groups].map(([label, own]) => {
    const operations: Record<string, number> = {};
    for (const { op } of own) operations[String(op)] = (operations[String(op)] ?? 0) + 1;
    const bytes = own.reduce((sum, line) => sum + Number(line['bytes']), 0);
    return { label, records: own.length, bytes, operations };
  });
}

/** The start of a key in hex, up to and with its first `:`, `/` or `.`. */
const prefixOf = ({ key }: JsonLine): unknown =>
  typeof key === 'string' ? (/^(?:..)*?(?:3a|2f|2e)/.exec(key)?.[0] ?? null) : null;

test('records are summed up by minute, core, epoch or prefix, and the sums are those of the records', async (t) => {
  const records = await answer(cores);
  const labels: Record<string, [string, (record: JsonLine) => unknown]> = {
    core: ['coreId', ({ coreId }) => coreId],
    epoch: ['epoch', ({ epoch }) => epoch],
    minute: ['minute', ({ time }) => `${String(time).slice(0, 16)}Z`],
    prefix: ['prefix', prefixOf],
  };
  for (const [by, [field, labelOf]] of Object.entries(labels)) {
    const lines = await answer(cores, '--stats', '--by', by);
    const groups = lines.slice(0, -1).map(({ group }) => group as JsonLine);
    const ofGroup = groups.map((group) => ({
      label: group[field],
      records: group['records'],
      bytes: group['bytes'],
      operations: group['operations'],
    }));
    const byText = (one: { label: unknown }, other: { label: unknown }): number =>
      String(one.label) < String(other.label) ? -1 : 1;
    t.deepEqual(ofGroup.sort(byText), sumsOf(records, labelOf).sort(byText), by);
    t.like(lines.at(-1), { stats: { complete: true, records: records.length } });
  }
});

test('how far a core got is in the sums by core: its last record, time, epoch and sequence', async (t) => {
  const records = linesOf((await ask(cores, '--json')).stdout);
  const groups = linesOf((await ask(cores, '--stats', '--by', 'core', '--json')).stdout).slice(0, -1);
  for (const { group } of groups as { group: JsonLine }[]) {
    const own = records.filter(({ coreId }) => coreId === group['coreId']);
    const { segment, offset, epoch, sequence, timestampNs, time } = own.at(-1)!;
    t.deepEqual(group['last'], { segment, offset, epoch, sequence, timestampNs, time });
    t.is(group['firstTime'], own[0]!['time']);
  }
  const { stdout } = await ask(cores, '--stats', '--by', 'core');
  const rows = stdout.split('\n').map((row) => row.split('\t'));
  const two = groups.find(({ group }) => (group as JsonLine)['coreId'] === 2)!['group'] as JsonLine;
  const { epoch, sequence } = two['last'] as JsonLine;
  t.deepEqual(rows.find(([core]) => core === '2')!.slice(-2), [epoch, sequence]);
  const shown = await commandLine(['wal-replay', cores, '--stats', '--by', 'core'], {
    isTerminal: true,
    columns: 160,
  });
  t.regex(shown.stdout, /CORE +RECORDS +BYTES +PUTS +DELETES +FIRST +LAST +EPOCH +SEQUENCE/);
});

test('a fold log is summed up by operation and by prefix, without times, and by nothing that it has not', async (t) => {
  const records = await answer(fold);
  const lines = await answer(fold, '--stats', '--by', 'prefix');
  const sums = sumsOf(records, prefixOf);
  t.is(lines.length, sums.length + 1);
  for (const { label, ...sum } of sums) {
    const group = lines
      .map((line) => line['group'] as JsonLine | undefined)
      .find((one) => one?.['prefix'] === label);
    t.deepEqual(group, { by: 'prefix', prefix: label, ...sum });
  }
  t.like(lines.at(-1), { stats: { complete: true, records: records.length } });
  for (const by of ['core', 'minute', 'epoch']) t.is((await ask(fold, '--stats', '--by', by)).exitCode, 2);
  t.is((await ask(fold, '--by', 'prefix')).exitCode, 2);
});
