import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { joined, records } from '../../engine/wal/segment-builder.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

/** What a person sees, line by line. */
async function shown(...argv: readonly string[]): Promise<{ exitCode: number; lines: string[] }> {
  const { exitCode, stdout } = await commandLine(['verify', ...argv], { isTerminal: true });
  return { exitCode, lines: stdout.trimEnd().split('\n') };
}

/** The blocks of the line that names a file. */
function blocksOf(lines: readonly string[], name: string): string {
  const line = lines.find((one) => one.endsWith(`  ${name}`));
  return Array.from(line ?? '')
    .slice(0, 40)
    .join('');
}

function copyOf(t: ExecutionContext, name: string): string {
  const copy = path.join(tempDir(t), path.basename(name));
  cpSync(fixturePath(name), copy, { recursive: true });
  return copy;
}

test('every file of a store is a line of blocks with its size and name', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'key', 'v'.repeat(5_000)]);
  await commandLine(['checkpoint', store]);
  const { exitCode, lines } = await shown(store);
  t.is(exitCode, 0);
  const named = lines.slice(0, -1).map((line) => line.replace(/^.* {2}/, ''));
  const files = ['MANIFEST.json', 'checkpoints/1/state-0.db', 'checkpoints/1/state-0.idx', 'wal/2/wal-0.log'];
  t.deepEqual(named, files);
  for (const name of files.slice(0, 3)) t.is(blocksOf(lines, name), '█'.repeat(40), name);
  t.is(blocksOf(lines, 'wal/2/wal-0.log').trim(), '');
  t.regex(lines.at(-1)!, /store: good, directory, 4 files, /);
  for (const line of lines) t.true(Array.from(line).length <= 80, line);
});

/** The rows of blocks under the line that names a file, without what stands beside them. */
function rowsOf(lines: readonly string[], name: string): string[] {
  const start = lines.findIndex((line) => line.startsWith(`${name}  `));
  const end = lines.findIndex(
    (line, index) => index > start && /^ +\||^ {2}\w/.test(line) && index > start + 1,
  );
  return lines
    .slice(start + 2, end)
    .map((line) => line.replace(/^ *[\d.]+ (bytes|[KMG]iB) ([\d:.]{9}|[\d:]{8}Z)? ?/, ''));
}

test('damage stands where it is, over the whole width, with rulers of offsets and times; its hint stands once, at the end', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  const bytes = readFileSync(copy);
  bytes[Math.floor(bytes.length * 0.1)]! ^= 1;
  writeFileSync(copy, bytes);
  const { exitCode, lines } = await shown(copy);
  t.is(exitCode, 3);
  t.regex(lines[0]!, /^wal-0\.log {2}\d\S* (bytes|KiB) {2}from 2026-02-02T02:40:00Z$/);
  t.regex(lines[1]!, /^ {21}\|0 bytes +\|[\d.]+ (bytes|KiB) +\|/);
  t.regex(lines[2]!, /^ {3}0 bytes 40:00\.000 █+[▁-▆╳]+█+$/);
  t.is(lines[2]!.length, 80);
  t.regex(lines[3]!, /^ {21}\|40:00\.000 +\|/);
  t.regex(
    lines[4]!,
    /^ {2}damage: checksum-mismatch: byte \d+, \d+ bytes: the checksum of the record is wrong;/,
  );
  t.is(lines[5], '█ good  ╳ damaged  ▁ to ▆ in part');
  t.regex(lines[6]!, /wal-0\.log: damaged, wal-segment/);
  t.regex(lines[7]!, /^checksum-mismatch: run 'statelog repair /);
  t.is(lines.length, 8);
});

test('a block is as high as the share of it that is good, and a long file has four rows', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const whole = joined(...records(20_000));
  // A block of the map is 1 / 236 of it: one is damaged whole, and its neighbours by a half and by a quarter.
  const block = whole.length / (4 * 59);
  whole.fill(0xff, Math.round(100.5 * block), Math.round(102.25 * block));
  writeFileSync(segment, whole);
  const { lines } = await shown(segment);
  const rows = rowsOf(lines, 'wal-0.log');
  t.is(rows.length, 4);
  for (const row of rows) t.is(Array.from(row).length, 59);
  const at = Array.from(rows.join(''));
  t.is(at.slice(99, 105).join(''), '█▄╳▆██');
  t.deepEqual(new Set(at), new Set('█▄╳▆'));
  const [first, second] = lines.slice(2, 4).map((line) => line.slice(0, 21));
  t.is(first!.slice(0, 11), '   0 bytes ');
  t.regex(second!, /^ *[\d.]+ KiB \S+ +$/);
});

test('forty columns are enough, and a name in wide characters is cut to its columns', async (t) => {
  const name = '日本語のとても長い名前のついた記録のファイル';
  const folder = path.join(tempDir(t), 'logs');
  mkdirSync(folder);
  const segment = path.join(folder, `${name}.log`);
  const bytes = joined(...records(100));
  writeFileSync(segment, bytes.subarray(0, bytes.length - 3));
  const { stdout } = await commandLine(['verify', segment], { isTerminal: true, columns: 40 });
  const lines = stdout.split('\n');
  t.is(lines[0], '…ても長い名前のついた記録のファイル.log');
  t.regex(lines[3]!, /^ {3}0 bytes \S{9} █{18}▒$/);
  for (const line of lines.slice(1, 5)) t.true(Array.from(line).length <= 40, line);
});

test('a torn tail is drawn in its segment also where others of the folder follow it', async (t) => {
  const cores = copyOf(t, 'wal-cores');
  const torn = path.join(cores, 'wal-0.log');
  appendFileSync(torn, new Uint8Array(readFileSync(torn).length));
  const { exitCode, lines } = await shown(cores);
  t.is(exitCode, 4);
  t.is(lines.filter((line) => line.startsWith('wal-0.log  ')).length, 1);
  t.regex(rowsOf(lines, 'wal-0.log').join(''), /^█+▒+$/);
});

test('many findings of one class in one place are one line, with how many and where', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const pieces = records(3_000).map((record, index) => {
    if (index < 100 && index % 2 === 1) record[20]! ^= 1;
    if (index === 2_900) record[20]! ^= 1;
    return record;
  });
  writeFileSync(segment, joined(...pieces));
  const { lines } = await shown(segment);
  const findings = lines.filter((line) => line.startsWith('  damage: '));
  const bytes = pieces[0]!.length;
  t.is(findings.length, 2);
  t.true(
    findings[0]!.startsWith(
      `  damage: checksum-mismatch: 50 places from byte ${bytes} to ${100 * bytes}, ${50 * bytes} bytes in all; the first: `,
    ),
    findings[0],
  );
  t.regex(findings[1]!, /^ {2}damage: checksum-mismatch: byte \d+, /);
  t.is(lines.filter((line) => line.includes('statelog repair')).length, 1);
  const { stdout } = await commandLine(['verify', segment, '--json']);
  t.is(stdout.split('\n').filter((line) => line.startsWith('{"finding"')).length, 51);
});

test('a torn tail, holes and slack have blocks of their own', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const whole = joined(...records(100));
  writeFileSync(segment, whole);
  appendFileSync(segment, new Uint8Array(whole.length));
  const torn = await shown(segment);
  t.is(torn.exitCode, 4);
  t.regex(rowsOf(torn.lines, 'wal-0.log').join(''), /^█{29}▒{30}$/);
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'first', 'v'.repeat(10_000)]);
  await commandLine(['put', store, 'second', 'v'.repeat(30_000)]);
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, 'first', 'changed']);
  await commandLine(['checkpoint', store]);
  const state = path.join(store, 'checkpoints', '2', 'state-0.db');
  appendFileSync(state, new Uint8Array(40_000));
  const { lines } = await shown(store);
  t.regex(blocksOf(lines, 'checkpoints/2/state-0.db'), /^░{5}█{16}·{19}$/);
  t.true(lines.includes('█ good  ░ hole  · slack'));
});

test('what is found in no file, and in files that cannot be opened, is said too', async (t) => {
  const cores = copyOf(t, 'wal-cores');
  cpSync(path.join(cores, 'wal-3.log'), path.join(cores, 'wal-9.log'));
  const missing = await shown(cores);
  t.true(missing.lines.some((line) => /^ {2}damage: missing-segment: .*wal-cores, byte 0: /.test(line)));
  const artifact = copyOf(t, 'artifact');
  const payload = path.join(artifact, 'data', 'fold.snap');
  const bytes = readFileSync(payload);
  bytes[500]! ^= 1;
  writeFileSync(payload, bytes);
  const { exitCode, lines } = await shown(artifact);
  t.is(exitCode, 3);
  t.deepEqual(rowsOf(lines, 'data/fold.snap'), ['╳'.repeat(69)]);
  t.regex(
    lines.find((line) => /^ {2}\w/.test(line))!,
    /^ {2}damage: digest-mismatch: /,
  );
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'key', 'value']);
  await commandLine(['checkpoint', store]);
  truncateSync(path.join(store, 'checkpoints', '1', 'state-0.idx'), 20);
  const unopened = await shown(store);
  t.is(unopened.exitCode, 3);
  t.deepEqual(rowsOf(unopened.lines, 'checkpoints/1/state-0.idx'), ['╳'.repeat(20)]);
});

test('--hexdump shows the bytes under each finding, and many findings of a file are counted', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const pieces = records(1_000).map((record, index) => {
    if (index % 2 === 1) record[20]! ^= 1;
    return record;
  });
  writeFileSync(segment, joined(...pieces));
  const { lines } = await shown(segment, '--hexdump');
  const findings = lines.filter((line) => line.startsWith('  damage: '));
  t.is(findings.length, 200);
  t.is(lines.filter((line) => /^! +\d+ .*bit 0 of byte \d+ is turned$/.test(line)).length, 200);
  t.true(lines.includes('  and 300 more: --json prints up to a thousand of each kind'));
});

test('an empty store and several paths are drawn as well, and a pipe has lines as ever', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['create', store]);
  t.deepEqual(readdirSync(path.join(store, 'checkpoints')), []);
  const { lines } = await shown(store, fixturePath('fold-log.snap'));
  t.deepEqual(
    lines
      .filter((line) => !/^ +(\||0 bytes █)/.test(line))
      .map((line) =>
        line
          .replace(/ {2}[\d.]+ KiB$/, '')
          .replace(/^.* {2}/, '')
          .replace(/^.*: good.*/, 'summary'),
      ),
    ['MANIFEST.json', 'wal/1/wal-0.log', 'summary', 'fold-log.snap', 'summary'],
  );
  const piped = await commandLine(['verify', store]);
  t.regex(piped.stdout, /^[^\n]*store: good, directory, [^\n]*\n$/);
});
