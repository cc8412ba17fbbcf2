import { appendFileSync, cpSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
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

test('damage stands where it is, with its finding and hint under the file, and what the blocks mean at the end', async (t) => {
  const copy = copyOf(t, 'wal-ops/wal-0.log');
  const bytes = readFileSync(copy);
  const at = Math.floor(bytes.length * 0.1);
  bytes[at]! ^= 1;
  writeFileSync(copy, bytes);
  const { exitCode, lines } = await shown(copy);
  t.is(exitCode, 3);
  const blocks = blocksOf(lines, 'wal-0.log');
  t.regex(blocks, /^█{3}╳{2}█{35}$/);
  t.regex(
    lines[1]!,
    /^ {2}damage: checksum-mismatch: byte \d+, \d+ bytes: the checksum of the record is wrong;/,
  );
  t.regex(lines[2]!, /^ {4}run [`']statelog /);
  t.is(lines[3], '█ good  ╳ damaged');
  t.regex(lines[4]!, /wal-0\.log: damaged, wal-segment/);
});

test('a torn tail, holes and slack have blocks of their own', async (t) => {
  const segment = path.join(tempDir(t), 'wal-0.log');
  const whole = joined(...records(100));
  writeFileSync(segment, whole);
  appendFileSync(segment, new Uint8Array(whole.length));
  const torn = await shown(segment);
  t.is(torn.exitCode, 4);
  t.is(blocksOf(torn.lines, 'wal-0.log'), '█'.repeat(20) + '▒'.repeat(20));
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'first', 'v'.repeat(10_000)]);
  await commandLine(['put', store, 'second', 'v'.repeat(30_000)]);
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, 'first', 'changed']);
  await commandLine(['checkpoint', store]);
  const state = path.join(store, 'checkpoints', '2', 'state-0.db');
  appendFileSync(state, new Uint8Array(40_000));
  const { lines } = await shown(store);
  t.regex(blocksOf(lines, 'checkpoints/2/state-0.db'), /^░{5}█{16}▁{19}$/);
  t.true(lines.includes('█ good  ░ hole  ▁ slack'));
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
  t.is(blocksOf(lines, 'data/fold.snap'), '╳'.repeat(40));
  t.regex(lines[1]!, /^ {2}damage: digest-mismatch: /);
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'key', 'value']);
  await commandLine(['checkpoint', store]);
  truncateSync(path.join(store, 'checkpoints', '1', 'state-0.idx'), 20);
  const unopened = await shown(store);
  t.is(unopened.exitCode, 3);
  t.is(blocksOf(unopened.lines, 'checkpoints/1/state-0.idx').trim(), `${'█'.repeat(19)}╳`);
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
  t.true(lines.includes('  and 300 more: --json prints all'));
});

test('an empty store and several paths are drawn as well, and a pipe has lines as ever', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['create', store]);
  t.deepEqual(readdirSync(path.join(store, 'checkpoints')), []);
  const { lines } = await shown(store, fixturePath('fold-log.snap'));
  t.deepEqual(
    lines.map((line) => line.replace(/^.* {2}/, '').replace(/^.*: good.*/, 'summary')),
    ['MANIFEST.json', 'wal/1/wal-0.log', 'summary', 'fold-log.snap', 'summary'],
  );
  const piped = await commandLine(['verify', store]);
  t.regex(piped.stdout, /^[^\n]*store: good, directory, [^\n]*\n$/);
});
