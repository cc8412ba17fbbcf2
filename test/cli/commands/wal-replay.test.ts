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
import { formatTime } from '../../../src/engine/bytes/text/time-text.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { fixtureLines, linesOf, without, type JsonLine } from './fixture-lines.js';

const opsSegment = fixturePath('wal-ops/wal-0.log');
const coresFolder = fixturePath('wal-cores');
/** A record in the middle of `wal-ops`, and the one after it. */
const [badRecord, recordAfter] = fixtureLines('wal-ops.ndjson').slice(40, 42) as [JsonLine, JsonLine];

async function replayed(...flags: readonly string[]): Promise<JsonLine[]> {
  const { stdout } = await commandLine(['wal-replay', ...flags, '--json', '--encoding', 'hex']);
  return linesOf(stdout);
}

function copyOfOps(t: ExecutionContext): string {
  const copy = path.join(tempDir(t), 'wal-0.log');
  copyFileSync(opsSegment, copy);
  return copy;
}

/** A copy with one bit of a record's data turned. */
function flippedOps(t: ExecutionContext): string {
  const copy = copyOfOps(t);
  const bytes = readFileSync(copy);
  const at = Number(badRecord['offset']) + 12;
  bytes[at] = bytes[at]! ^ 0x10;
  writeFileSync(copy, bytes);
  return copy;
}

test('a segment is printed as the original program reads it, line by line', async (t) => {
  const before = filePrints(opsSegment);
  const { exitCode, stdout, stderr } = await commandLine([
    'wal-replay',
    opsSegment,
    '--no-merge',
    '--json',
    '--encoding',
    'hex',
  ]);
  t.is(exitCode, 0);
  t.is(stderr, '');
  const expected = fixtureLines('wal-ops.ndjson').slice(0, -1);
  t.deepEqual(
    linesOf(stdout).map((line) => without(line, 'time')),
    expected.map((line) => ({ ...line, segment: opsSegment })),
  );
  t.deepEqual(filePrints(opsSegment), before);
});

test('the time of a record stands beside its nanoseconds as RFC 3339', async (t) => {
  const lines = await replayed(opsSegment);
  t.true(lines.length > 0);
  for (const { timestampNs, time } of lines) t.is(time, formatTime(BigInt(String(timestampNs))));
});

test('a folder of segments is printed in the order in which the original program merges it', async (t) => {
  const lines = await replayed(coresFolder);
  t.deepEqual(
    lines.map((line) => without(line, 'segment', 'offset', 'bytes', 'time')),
    fixtureLines('wal-cores.ndjson'),
  );
  for (const { segment, coreId } of lines) t.is(segment, path.join(coresFolder, `wal-${String(coreId)}.log`));
});

test('without merging, segments come one after the other and each in the order of its offsets', async (t) => {
  const lines = await replayed(coresFolder, '--no-merge');
  const byPlace = (await replayed(coresFolder)).sort(
    (a, b) => Number(a['coreId']) - Number(b['coreId']) || Number(a['offset']) - Number(b['offset']),
  );
  t.deepEqual(lines, byPlace);
});

test('each filter takes what it names, and upper bounds are exclusive', async (t) => {
  const all = await replayed(coresFolder);
  const cases: [string[], (line: JsonLine) => boolean][] = [
    [['--op', 'delete'], ({ op }) => op === 'delete'],
    [['--op', 'delete', '--op', 'epochBarrier'], ({ op }) => op === 'delete' || op === 'epochBarrier'],
    [['--core', '1', '--core', '0x3'], ({ coreId }) => coreId === 1 || coreId === 3],
    [['--prefix', '6f72646572'], ({ key }) => typeof key === 'string' && key.startsWith('6f72646572')],
    [['--from-epoch', '2'], ({ epoch }) => Number(epoch) >= 2],
    [['--to-epoch', '2'], ({ epoch }) => Number(epoch) < 2],
    [
      ['--from-time', '1770000000000002000', '--to-time', '1770000000000009000'],
      ({ timestampNs }) =>
        BigInt(timestampNs as string) >= 1770000000000002000n &&
        BigInt(timestampNs as string) < 1770000000000009000n,
    ],
    [['--from-offset', '3224'], ({ offset }) => Number(offset) >= 3224],
  ];
  for (const [flags, wanted] of cases) {
    const expected = all.filter(wanted);
    t.true(expected.length > 0 && expected.length < all.length, flags.join(' '));
    t.deepEqual(await replayed(coresFolder, ...flags), expected, flags.join(' '));
  }
  t.deepEqual(await replayed(coresFolder, '--limit', '5'), all.slice(0, 5));
  t.deepEqual(await replayed(coresFolder, '--limit', '0'), []);
});

test('64-bit bounds are exact', async (t) => {
  const last = await replayed(opsSegment, '--from-epoch', '0xffffffffffffffff');
  t.true(last.length > 0);
  t.true(last.every(({ epoch }) => epoch === '18446744073709551615'));
  t.deepEqual(await replayed(opsSegment, '--from-epoch', '18446744073709551614'), last);
});

test('a pipe gets fields separated by tabs, and a terminal a line that fits it', async (t) => {
  const piped = await commandLine(['wal-replay', coresFolder, '--limit', '3']);
  for (const line of piped.stdout.trimEnd().split('\n')) t.is(line.split('\t').length, 10);
  const shown = await commandLine(['wal-replay', coresFolder, '--limit', '3'], { isTerminal: true });
  const lines = shown.stdout.trimEnd().split('\n');
  t.is(lines.length, 3);
  for (const line of lines) t.true(line.length <= 80, line);
});

test('damage is a line in its place, and reading goes on at the next good record', async (t) => {
  const copy = flippedOps(t);
  const before = filePrints(copy);
  for (const order of ['--merge', '--no-merge']) {
    const { exitCode, stdout } = await commandLine([
      'wal-replay',
      copy,
      order,
      '--json',
      '--encoding',
      'hex',
    ]);
    t.is(exitCode, 3);
    const lines = linesOf(stdout);
    t.is(lines.length, fixtureLines('wal-ops.ndjson').length - 1);
    const { finding } = lines.find((line) => 'finding' in line) as { finding: JsonLine };
    t.is(finding['severity'], 'damage');
    t.is(finding['class'], 'checksum-mismatch');
    t.is(finding['offset'], badRecord['offset']);
    t.is(finding['nextGood'], recordAfter['offset']);
  }
  const piped = await commandLine(['wal-replay', copy]);
  t.is(piped.stdout.split('\n').filter((line) => line.split('\t')[7] === 'finding').length, 1);
  t.deepEqual(filePrints(copy), before);
});

test('a torn tail, and nothing worse, is 4', async (t) => {
  const cut = copyOfOps(t);
  truncateSync(cut, readFileSync(cut).length - 5);
  t.is((await commandLine(['wal-replay', cut, '--json'])).exitCode, 4);
  const zeros = copyOfOps(t);
  appendFileSync(zeros, new Uint8Array(4096));
  const { exitCode, stdout } = await commandLine(['wal-replay', zeros, '--json']);
  t.is(exitCode, 4);
  t.like(linesOf(stdout).at(-1), { finding: { class: 'zero-tail', bytes: 4096 } });
});

test('what holds no log is 7, and nothing at all is 6', async (t) => {
  const foreign = await commandLine(['wal-replay', fixturePath('state-small.db')]);
  t.is(foreign.exitCode, 7);
  t.regex(foreign.stderr, /holds no write-ahead log/);
  t.is((await commandLine(['wal-replay', path.join(tempDir(t), 'none')])).exitCode, 6);
});

test('--stats sums up what the filters leave, by operation', async (t) => {
  const { stdout } = await commandLine(['wal-replay', coresFolder, '--stats', '--json', '--to-epoch', '2']);
  const wanted = (await replayed(coresFolder)).filter(({ epoch }) => Number(epoch) < 2);
  const { stats } = linesOf(stdout)[0] as { stats: JsonLine };
  const bytes = wanted.reduce((sum, line) => sum + Number(line['bytes']), 0);
  t.like(stats, { complete: true, records: wanted.length, bytes });
  const puts = wanted.filter(({ op }) => op === 'put');
  t.like((stats['operations'] as Record<string, JsonLine>)['put'], {
    count: puts.length,
    firstTimestampNs: puts[0]!['timestampNs'],
    lastTimestampNs: puts.at(-1)!['timestampNs'],
  });
});

/** Keys that `scan` gives, in hex. */
async function scanned(store: string): Promise<JsonLine[]> {
  return linesOf((await commandLine(['scan', store, '--json', '--encoding', 'hex'])).stdout);
}

/** What puts and deletes come to, in the order of their keys' bytes. */
function folded(lines: readonly JsonLine[]): JsonLine[] {
  const content = new Map<string, string>();
  for (const { op, key, value } of lines) {
    if (op === 'put') content.set(key as string, value as string);
    else if (op === 'delete') content.delete(key as string);
  }
  return [...content].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value }));
}

test('--into applies puts and deletes to several new stores at once', async (t) => {
  const folder = tempDir(t);
  const stores = ['one', 'two'].map((name) => path.join(folder, name));
  const flags = stores.flatMap((store) => ['--into', store]);
  const { exitCode, stdout } = await commandLine(['wal-replay', coresFolder, ...flags, '--json']);
  t.is(exitCode, 0);
  const records = fixtureLines('wal-cores.ndjson');
  const puts = records.filter(({ op }) => op === 'put').length;
  const deletes = records.filter(({ op }) => op === 'delete').length;
  t.deepEqual(
    linesOf(stdout),
    stores.map((store) => ({ applied: { path: store, puts, deletes } })),
  );
  for (const store of stores) t.deepEqual(await scanned(store), folded(records));
});

test('--into says of commits that they are not applied, and says nothing where there are none', async (t) => {
  const folder = tempDir(t);
  const [plain, taken] = [path.join(folder, 'plain'), path.join(folder, 'taken')];
  const line = '{"key":"a","value":"1"}\n';
  await commandLine(['put', plain, '--batch', '-'], { input: [line] });
  await commandLine(['put', taken, '--batch', '-', '--source', 'orders'], { input: [line] });
  const replay = (store: string) => commandLine(['wal-replay', store, '--into', `${store}-copy`]);
  t.notRegex((await replay(plain)).stderr, /commit/);
  t.regex((await replay(taken)).stderr, /1 commit was not applied.*statelog export/);
  // The mark of a group is none of them.
  const grouped = path.join(folder, 'grouped');
  const group =
    '{"op":"group","operations":[{"op":"put","key":"a","value":"1"},{"op":"put","key":"b","value":"2"}]}\n';
  await commandLine(['session', grouped], { input: [Buffer.from(group)] });
  t.notRegex((await replay(grouped)).stderr, /not applied/);
});

test('--into makes a fold log of a name that ends in .snap, and refuses a key that it cannot hold', async (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'new.snap');
  t.is((await commandLine(['wal-replay', coresFolder, '--prefix', 'user:', '--into', log])).exitCode, 0);
  const users = fixtureLines('wal-cores.ndjson').filter(({ key }) => String(key).startsWith('757365723a'));
  t.deepEqual(
    (await scanned(log)).map((line) => without(line, 'version')),
    folded(users),
  );
  const refused = await commandLine(['wal-replay', coresFolder, '--into', path.join(folder, 'other.snap')]);
  t.is(refused.exitCode, 8);
  t.regex(refused.stderr, /not UTF-8; applied and on disk: \d+ puts and \d+ deletes to /);
});

test('--into refuses a store that is there, unless told to go on with it', async (t) => {
  const store = path.join(tempDir(t), 'store');
  t.is((await commandLine(['wal-replay', coresFolder, '--to-epoch', '1', '--into', store])).exitCode, 0);
  const before = filePrints(store);
  t.is((await commandLine(['wal-replay', coresFolder, '--into', store])).exitCode, 8);
  t.deepEqual(filePrints(store), before);
  const onto = ['--from-epoch', '1', '--into', store, '--onto-existing'];
  t.is((await commandLine(['wal-replay', coresFolder, ...onto])).exitCode, 0);
  t.deepEqual(await scanned(store), folded(fixtureLines('wal-cores.ndjson')));
});

test('--into stops before damage and says what it applied; --skip-damage goes on behind it', async (t) => {
  const copy = flippedOps(t);
  const folder = tempDir(t);
  const before = fixtureLines('wal-ops.ndjson').filter(
    ({ offset }) => Number(offset) < Number(badRecord['offset']),
  );
  const stopped = await commandLine(['wal-replay', copy, '--into', path.join(folder, 'stopped'), '--json']);
  t.is(stopped.exitCode, 3);
  t.like(JSON.parse(stopped.stderr) as JsonLine, {
    error: { code: 'DAMAGED', class: 'checksum-mismatch', offset: badRecord['offset'] },
  });
  const [{ applied } = {}] = linesOf(stopped.stdout);
  t.like(applied, { puts: before.filter(({ op }) => op === 'put').length });
  t.deepEqual(await scanned(path.join(folder, 'stopped')), folded(before));
  const skipping = path.join(folder, 'skipping');
  t.is((await commandLine(['wal-replay', copy, '--into', skipping, '--skip-damage'])).exitCode, 3);
  const good = fixtureLines('wal-ops.ndjson').filter(({ offset }) => offset !== badRecord['offset']);
  t.deepEqual(await scanned(skipping), folded(good));
});

test('a state directory gives the logs of all kept epochs, and says which', async (t) => {
  const store = path.join(tempDir(t), 'store');
  for (const value of ['a', 'b', 'c']) {
    t.is((await commandLine(['put', store, 'key', value])).exitCode, 0);
    t.is((await commandLine(['checkpoint', store])).exitCode, 0);
  }
  await commandLine(['put', store, 'key', 'd']);
  const { exitCode, stdout, stderr } = await commandLine(['wal-replay', store, '--json', '--op', 'put']);
  t.is(exitCode, 0);
  t.is(stderr, '');
  const lines = linesOf(stdout);
  t.deepEqual(
    lines.map(({ epoch, value }) => [epoch, value]),
    [
      ['3', 'c'],
      ['4', 'd'],
    ],
  );
  t.is(lines[0]!['segment'], path.join(store, 'wal', '3', 'wal-0.log'));
  const text = await commandLine(['wal-replay', store, '--to-epoch', '4']);
  t.is(text.stderr, 'statelog: reading the log of epoch 3\n');
});

test('a folder that lacks a segment is said to, and is read no further unless it may be', async (t) => {
  const folder = tempDir(t);
  const wal = path.join(folder, 'wal');
  cpSync(fixturePath('wal-cores'), wal, { recursive: true });
  rmSync(path.join(wal, 'wal-2.log'));
  const { exitCode, stdout } = await commandLine(['wal-replay', wal, '--json']);
  t.is(exitCode, 3);
  t.like(linesOf(stdout)[0]!['finding'], { class: 'missing-segment', file: wal, coreId: 2 });
  const stopped = await commandLine(['wal-replay', wal, '--into', path.join(folder, 'stopped')]);
  t.is(stopped.exitCode, 3);
  const argv = ['wal-replay', wal, '--skip-damage', '--into', path.join(folder, 'rest')];
  t.is((await commandLine(argv)).exitCode, 3);
  t.is((await commandLine(['verify', path.join(folder, 'rest')])).exitCode, 0);
  for (const command of [
    ['scan', wal],
    ['import', wal, path.join(folder, 'imported')],
  ]) {
    const refused = await commandLine(command);
    t.deepEqual([refused.exitCode, refused.stdout], [3, '']);
    t.regex(refused.stderr, /core 2 is missing.*run 'statelog verify/);
  }
});

test('damage in a store hints at repairing the store, and not at what its segments are called', async (t) => {
  const store = path.join(tempDir(t), 'store');
  for (const key of ['a', 'b', 'c']) await commandLine(['put', store, key, 'v']);
  const segment = path.join(store, 'wal', '1', 'wal-0.log');
  const bytes = readFileSync(segment);
  bytes[20]! ^= 1;
  writeFileSync(segment, bytes);
  const [line] = linesOf((await commandLine(['wal-replay', store, '--json'])).stdout);
  const { hint, file } = line!['finding'] as { readonly hint: string; readonly file: string };
  t.is(file, segment);
  t.regex(hint, /^run 'statelog repair \S+\/store --into \S+\/store-repaired' /);
});

test('a narrow terminal shows keys and values, and the record by core and sequence', async (t) => {
  const segment = fixturePath('wal-ops/wal-0.log');
  const [record] = linesOf((await commandLine(['wal-replay', segment, '--op', 'put', '--json'])).stdout);
  const { time, coreId, sequence, key } = record as Record<string, string | number>;
  const moment = String(time).slice(0, 23);
  for (const [columns, head] of [
    [40, moment.slice(11)],
    [80, moment],
    [120, String(time)],
  ] as const) {
    const asked = ['wal-replay', segment, '--op', 'put', '--limit', '1', '--no-pager'];
    const { stdout } = await commandLine(asked, { isTerminal: true, columns });
    const [line = ''] = stdout.split('\n');
    t.true(line.startsWith(`${head} `), line);
    t.true(line.length <= columns, line);
    t.true(line.includes(` put ${key} = `), line);
    if (columns < 100) t.true(line.startsWith(`${head} ${coreId}:${sequence} put `), line);
  }
});
