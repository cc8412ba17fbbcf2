import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { fixturePath } from '../support/fixtures.js';
import { tempDir } from '../support/temp-dir.js';

/* Files of ours that were packed, compressed or encoded by others: each names what brings them back, by their bytes and not by their names. */

test('the cut export of compressed lines names that command whatever the name of the file', async (t) => {
  const folder = tempDir(t);
  const [store, lines, cut] = ['store', 'lines.ndjson', 'cut.ndjson'].map((name) => path.join(folder, name));
  const entries = Array.from({ length: 400 }, (_, number) => `k${number}\t${number * 7919}\n`).join('');
  await commandLine(['put', store!, '--batch', '-', '--tsv'], { input: [Buffer.from(entries)] });
  await commandLine(['export', store!, lines!]);
  const whole = gzipSync(readFileSync(lines!));
  writeFileSync(cut!, whole.subarray(0, whole.length - 400));
  for (const argv of [
    ['verify', cut!],
    ['repair', cut!, '--into', path.join(folder, 'new')],
  ]) {
    const { stdout, stderr } = await commandLine(argv);
    t.regex(
      stdout + stderr,
      /run gzip -dc \S+ > \S+\.expanded, then 'statelog put .+ --batch \S+\.expanded /,
    );
  }
});

test('a stream of bytes that a tool took for characters names the encoding that brings them back', async (t) => {
  const folder = tempDir(t);
  const tar = path.join(folder, 'artifact.tar');
  await commandLine(['export', fixturePath('fold-log.snap'), tar]);
  const original = readFileSync(tar);
  for (const [from, bytes] of [
    ['UTF-16', Buffer.from(`\ufeff${original.toString('latin1')}`, 'utf16le')],
    ['UTF-16LE', Buffer.from(original.toString('latin1'), 'utf16le')],
  ] as const) {
    const { exitCode, stderr } = await commandLine(['import', '-', path.join(folder, 'new')], {
      input: [bytes],
    });
    t.is(exitCode, 7);
    const [, filter] = /put '(iconv [^']+)'/.exec(stderr)!;
    t.is(filter, `iconv -f ${from} -t LATIN1`);
    t.deepEqual(execFileSync('sh', ['-c', filter!], { input: bytes }), original);
  }
});

for (const [what, entries] of [
  ['segments', ['wal-cores']],
  ['a fold log', ['fold-log.snap']],
  ['a state file and its index', ['state-small.db', 'state-small.idx']],
] as const) {
  test(`the tar of ${what} names what unpacks it, and no repair, which would find nothing`, async (t) => {
    const folder = tempDir(t);
    const tar = path.join(folder, 'packed.tar');
    execFileSync('tar', ['-cf', tar, '-C', fixturePath('.'), ...entries]);
    const { stdout } = await commandLine(['verify', tar]);
    t.notRegex(stdout, /statelog repair/);
    const [, make, unpack, verify] =
      /'(mkdir [^']+)', then '(tar [^']+)', then 'statelog (verify [^']+)'/.exec(stdout)!;
    execFileSync('sh', ['-c', `${make!} && ${unpack!}`]);
    const { stderr } = await commandLine(verify!.split(' '));
    const [, inner] = /'statelog (verify [^']+)'/.exec(stderr)!;
    t.is((await commandLine(inner!.split(' '))).exitCode, 0);
  });
}

test('a manifest that cannot be read names the look at all of the store, in each command', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'a', '1']);
  writeFileSync(path.join(store, 'MANIFEST.json'), 'garbage');
  for (const argv of [
    ['get', store, 'a'],
    ['wal-replay', store],
    ['wal-replay', store, '--into', `${store}-new`],
    ['put', store, 'a', '2'],
  ]) {
    const { exitCode, stderr } = await commandLine(argv);
    t.is(exitCode, 3);
    t.true(stderr.includes(`'statelog verify ${store}'`), `${argv.join(' ')}: ${stderr}`);
  }
});

test('what gzip compressed twice, and an index that it compressed, are read through', async (t) => {
  const folder = tempDir(t);
  const [snap, database, index] = ['log.snap', 'state.db', 'state.idx'].map((name) =>
    path.join(folder, name),
  );
  writeFileSync(snap!, gzipSync(gzipSync(readFileSync(fixturePath('fold-log.snap')))));
  cpSync(fixturePath('state-small.db'), database!);
  writeFileSync(index!, gzipSync(readFileSync(fixturePath('state-small.idx'))));
  for (const file of [snap!, database!]) t.is((await commandLine(['verify', file])).exitCode, 0, file);
  const cores = path.join(folder, 'cores');
  cpSync(fixturePath('wal-cores'), cores, { recursive: true });
  const segment = path.join(cores, 'wal-2.log');
  writeFileSync(segment, gzipSync(gzipSync(readFileSync(segment))));
  const { stdout } = await commandLine(['verify', cores]);
  t.notRegex(stdout, /gzip -dc/, 'a repair reads it');
  const [, repair] = /'statelog (repair [^']+)'/.exec(stdout)!;
  const repaired = await commandLine(repair!.split(' '));
  t.is(repaired.exitCode, 0);
  t.regex(repaired.stdout, /kept 266 records/);
});
