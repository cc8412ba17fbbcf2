import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { fixturePath } from '../support/fixtures.js';
import { tempDir } from '../support/temp-dir.js';

/* Snapshots as other programs pack them, and what people take for one. */

async function artifactIn(folder: string): Promise<string> {
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a', '1']);
  const artifact = path.join(folder, 'artifact');
  await commandLine(['export', store, artifact]);
  return artifact;
}

for (const [how, pack] of Object.entries({
  'with its folder in front': (folder: string) => ['-C', folder, '-cf', 'OUT', 'artifact'],
  'with ./ in front': (folder: string) => ['-C', path.join(folder, 'artifact'), '-cf', 'OUT', '.'],
  'with pax headers': (folder: string) => [
    '--format=posix',
    '-C',
    path.join(folder, 'artifact'),
    '-cf',
    'OUT',
    '.',
  ],
  'with pax headers and its folder': (folder: string) => [
    '--format=posix',
    '-C',
    folder,
    '-cf',
    'OUT',
    'artifact',
  ],
  'by GNU tar': (folder: string) => ['--format=gnu', '-C', folder, '-cf', 'OUT', 'artifact'],
})) {
  test(`a tar packed ${how} is imported, read where it lies, and verified`, async (t) => {
    const folder = tempDir(t);
    await artifactIn(folder);
    const tar = path.join(folder, 'packed.tar');
    execFileSync(
      'tar',
      pack(folder).map((word) => (word === 'OUT' ? tar : word)),
    );
    const imported = await commandLine(['import', tar, path.join(folder, 'new')]);
    t.is(imported.exitCode, 0, imported.stderr);
    t.is((await commandLine(['get', path.join(folder, 'new'), 'a'])).stdout, '1');
    t.is((await commandLine(['get', tar, 'a'])).stdout, '1');
    t.is((await commandLine(['verify', tar, '-q'])).exitCode, 0);
  });
}

const FOREIGN: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['base64', Buffer.from(Buffer.alloc(400, 7).toString('base64')), /bytes in base64.*base64 -d/],
  ['xxd', Buffer.from('00000000: 5047 5353 0200 1122 3344\n'), /a hex dump by xxd.*xxd -r/],
  ['hex', Buffer.from(Buffer.alloc(40, 7).toString('hex')), /bytes in hex.*xxd -r -p/],
  ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), /text in UTF-16.*iconv/],
  ['zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 1, 2), /compressed by zstd.*zstd -dc/],
  ['xz', Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0), /compressed by xz.*xz -dc/],
  ['bzip2', Buffer.from('BZh91AY'), /compressed by bzip2.*bzip2 -dc/],
  ['zip', Buffer.from('PK\u0003\u0004xx'), /a zip archive/],
  ['age', Buffer.from('age-encryption.org/v1\n'), /encrypted by age.*age -d/],
  ['openssl', Buffer.from('Salted__12345678'), /encrypted by openssl/],
  ['HTML', Buffer.from('<!DOCTYPE html><html>404</html>'), /an HTML or XML page/],
  ['Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /Git LFS/],
];

for (const [name, bytes, words] of FOREIGN) {
  test(`what is ${name} is named, in a file and in a stream, with what helps: 7`, async (t) => {
    const folder = tempDir(t);
    const file = path.join(folder, 'file');
    writeFileSync(file, bytes);
    for (const argv of [
      ['import', file, path.join(folder, 'new')],
      ['verify', file],
      ['stat', file],
      ['get', file, 'k'],
    ]) {
      const { exitCode, stderr } = await commandLine(argv);
      t.is(exitCode, 7, argv[0]);
      t.regex(stderr, words);
    }
    const stream = await commandLine(['import', '-', path.join(folder, 'new')], { input: [bytes] });
    t.is(stream.exitCode, 7);
    t.regex(stream.stderr, words);
  });
}

test('an NDJSON export is imported by its name, whatever that is', async (t) => {
  const folder = tempDir(t);
  await artifactIn(folder);
  const file = path.join(folder, 'export.json');
  const exported = await commandLine(['export', path.join(folder, 'store'), '-', '--as', 'ndjson']);
  writeFileSync(file, exported.stdoutBytes);
  const { exitCode, stderr } = await commandLine(['import', file, path.join(folder, 'new')]);
  t.is(exitCode, 0, stderr);
  t.is((await commandLine(['get', path.join(folder, 'new'), 'a'])).stdout, '1');
  const seen = await commandLine(['stat', file]);
  t.is(seen.exitCode, 0);
  t.regex(seen.stdout, /ndjson/);
});

test('what macOS adds to a folder, and a tar of a store, are named with what helps', async (t) => {
  const folder = tempDir(t);
  const artifact = await artifactIn(folder);
  const mac = path.join(folder, 'mac');
  cpSync(artifact, mac, { recursive: true });
  writeFileSync(path.join(mac, '.DS_Store'), '');
  const touched = await commandLine(['import', mac, path.join(folder, 'new')]);
  t.is(touched.exitCode, 3);
  t.regex(touched.stderr, /macOS has put it there.*find ARTIFACT/);
  const tar = path.join(folder, 'store.tar');
  const names = readdirSync(path.join(folder, 'store')).map((name) => `store/${name}`);
  t.true(names.includes('store/CLOSED'));
  // Each may come first: a folder has no order.
  for (const first of names) {
    const others = names.filter((name) => name !== first);
    execFileSync('tar', ['-C', folder, '-cf', tar, first, ...others]);
    const packed = await commandLine(['import', tar, path.join(folder, 'new')]);
    t.is(packed.exitCode, 3, first);
    t.regex(packed.stderr, /a store and no artifact/, first);
  }
});

const SEGMENT = fixturePath('wal-ops/wal-0.log');

for (const [name, pack] of Object.entries({
  'seg.zst': 'zstd -qc IN',
  'seg.xz': 'xz -c IN',
  'seg.bz2': 'bzip2 -c IN',
  'seg.lz4': 'lz4 -qc IN',
  'seg.b64': 'base64 IN',
  'seg.xxd': 'xxd IN',
  'seg.hex': 'xxd -p IN',
  'seg.od': 'od IN',
  'seg.odx': 'od -A x -t x1 IN',
  'seg.odo': 'od -t x1 IN',
  'seg.hexdump': 'hexdump -C IN',
  'seg.bom': String.raw`printf '\357\273\277'; cat IN`,
})) {
  const [program] = pack.split(' ', 1);
  // A machine without the program cannot pack such a file.
  if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) continue;
  test(`the command that is named for ${name} gives back what was in it`, async (t) => {
    const folder = tempDir(t);
    const file = path.join(folder, name);
    writeFileSync(file, execFileSync('sh', ['-c', pack.replace('IN', SEGMENT)]));
    const { exitCode, stderr } = await commandLine(['verify', file]);
    t.is(exitCode, 7, stderr);
    const [, command, restored] = /run: (.*), then 'statelog verify (.*)'/s.exec(stderr)!;
    execFileSync('sh', ['-c', command!]);
    t.deepEqual(readFileSync(restored!), readFileSync(SEGMENT));
    t.is((await commandLine(['verify', restored!])).exitCode, 0);
    // What has the name already is not written over.
    const again = await commandLine(['verify', file]);
    t.false(again.stderr.includes(`> ${restored!},`) && !restored!.endsWith('.restored'), again.stderr);
  });
}

test('nothing but zeros is said to be that, in a file by itself and in the place of a segment', async (t) => {
  const folder = tempDir(t);
  writeFileSync(path.join(folder, 'backup'), new Uint8Array(100_000));
  writeFileSync(path.join(folder, 'wal-0.log'), new Uint8Array(100_000));
  const alone = await commandLine(['verify', path.join(folder, 'backup')]);
  t.is(alone.exitCode, 7);
  t.regex(alone.stderr, /100000 bytes of zeros: nothing is left in it/);
  const named = await commandLine(['verify', folder, '--json']);
  t.is(named.exitCode, 3);
  t.regex(named.stdout, /"class":"foreign-bytes".*100000 bytes of zeros/);
});

test('a store with a compressed segment says so, and a repair too', async (t) => {
  const folder = tempDir(t);
  const segments = path.join(folder, 'segments');
  cpSync(fixturePath('wal-cores'), segments, { recursive: true });
  const segment = path.join(segments, 'wal-1.log');
  writeFileSync(segment, execFileSync('bzip2', ['-c', segment]));
  const verified = await commandLine(['verify', segments]);
  t.is(verified.exitCode, 3);
  t.regex(verified.stdout, /foreign-bytes: .*wal-1\.log.*compressed by bzip2.*bzip2 -dc/);
  const repaired = await commandLine(['repair', segments, '--into', path.join(folder, 'new')]);
  t.is(repaired.exitCode, 3);
  t.regex(repaired.stdout, /foreign-bytes: .*wal-1\.log.*compressed by bzip2/);
});

test('names in capitals, the folder above, and a part of a store are told from nothing, with what helps', async (t) => {
  const folder = tempDir(t);
  const capitals = path.join(folder, 'CAPITALS');
  mkdirSync(capitals);
  for (const name of readdirSync(fixturePath('wal-cores'))) {
    cpSync(path.join(fixturePath('wal-cores'), name), path.join(capitals, name.toUpperCase()));
  }
  const said = await commandLine(['verify', capitals]);
  t.is(said.exitCode, 7);
  execFileSync('sh', ['-c', /run: (.*)\n/.exec(said.stderr)![1]!]);
  t.is((await commandLine(['verify', capitals])).exitCode, 0);

  const above = path.join(folder, 'above');
  cpSync(capitals, path.join(above, 'data/wal'), { recursive: true });
  t.regex(
    (await commandLine(['verify', above])).stderr,
    /the folder above a wal folder.*statelog verify .*above\/data\/wal/,
  );

  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a', '1']);
  await commandLine(['checkpoint', store]);
  for (const part of ['wal', 'checkpoints', 'checkpoints/1']) {
    const { exitCode, stderr } = await commandLine(['verify', path.join(store, part)]);
    t.is(exitCode, 7, part);
    t.regex(stderr, /a part of a state directory.*statelog verify .*store'/, part);
  }
});

test('the root of the file system is named as that, whatever lies in it', async (t) => {
  const { exitCode, stderr } = await commandLine(['put', '/', 'k', 'v']);
  t.is(exitCode, 7);
  t.regex(stderr, /this is the root of the file system, and no store: \/; nothing was changed; name a store/);
});

test('second versions that programs put beside the files of a store are told of', async (t) => {
  const store = path.join(tempDir(t), 'store');
  await commandLine(['put', store, 'a', '1']);
  const segment = path.join(store, 'wal/1/wal-0.log');
  for (const name of [
    "wal-0 (Ann's conflicted copy 2024-05-01).log",
    'wal-0.sync-conflict-20240501-101010-ABCDEFG.log',
    'wal-0 (1).log',
  ]) {
    cpSync(segment, path.join(store, 'wal/1', name));
  }
  const { exitCode, stdout } = await commandLine(['verify', store, '--json']);
  t.is(exitCode, 0, stdout);
  t.is(stdout.split('"class":"misplaced"').length - 1, 3, stdout);
  t.regex(stdout, /Dropbox.*Syncthing|Syncthing.*Dropbox/s);
});

test('of a file in parts, as split makes them, and of a folder that holds a state file, the command that helps is told', async (t) => {
  const folder = tempDir(t);
  const parts = path.join(folder, 'parts');
  mkdirSync(parts);
  const bytes = readFileSync(fixturePath('fold-log.snap'));
  for (const [index, name] of ['aa', 'ab', 'ac'].entries())
    writeFileSync(path.join(parts, `fold.snap.${name}`), bytes.subarray(index * 9000, (index + 1) * 9000));
  const said = await commandLine(['verify', parts]);
  t.is(said.exitCode, 7);
  execFileSync('sh', ['-c', /run: (cat .*), then/.exec(said.stderr)![1]!]);
  t.deepEqual(readFileSync(path.join(parts, 'fold.snap')), bytes);
  const holder = path.join(folder, 'holder');
  mkdirSync(holder);
  for (const name of ['state-one.db', 'state-one.idx']) cpSync(fixturePath(name), path.join(holder, name));
  const { exitCode, stdout, stderr } = await commandLine(['rescue', holder]);
  t.is(exitCode, 7);
  t.regex(stdout, /state-one\.db: .*, a state file\n.*state-one\.idx: .*, the index of a state file/);
  t.regex(stderr, /state-one\.db in it is a state file.*statelog verify .*holder\/state-one\.db/);
});

test('a segment whose commits say how far sources were taken becomes a store of one core, its sources kept', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const segment = fixturePath('wal-ops/wal-0.log');
  t.like(await commandLine(['import', segment, store, '--dry-run']), { exitCode: 0, stderr: '' });
  t.like(await commandLine(['import', segment, store]), { exitCode: 0, stderr: '' });
  t.is((await commandLine(['diff', segment, store])).exitCode, 0);
  const { cores, sources } = JSON.parse((await commandLine(['stat', store, '--json'])).stdout) as {
    cores: number;
    sources: object;
  };
  t.is(cores, 1);
  t.not(Object.keys(sources).length, 0);
});

for (const [name, fixture, encode, filter] of [
  ['log.snap', 'fold-log.snap', (text: string) => Buffer.from(text), 'iconv -f UTF-8 -t LATIN1'],
  ['wal-0.log', 'wal-ops/wal-0.log', (text: string) => Buffer.from(text), 'iconv -f UTF-8 -t LATIN1'],
  [
    'log.snap',
    'fold-log.snap',
    (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
    'iconv -f UTF-16 -t LATIN1',
  ],
  [
    'wal-0.log',
    'wal-ops/wal-0.log',
    (text: string) => Buffer.from(text, 'utf16le'),
    'iconv -f UTF-16LE -t LATIN1',
  ],
] as const) {
  test(`bytes that a tool took for characters come back by the command named: ${name}, ${filter}`, async (t) => {
    const folder = tempDir(t);
    const file = path.join(folder, name);
    const original = readFileSync(fixturePath(fixture));
    writeFileSync(file, encode(original.toString('latin1')));
    const { stdout, stderr } = await commandLine(['verify', file]);
    const [, command] = /run: (iconv .*?), then/.exec(stdout + stderr)!;
    t.true(command!.startsWith(`${filter} `), command);
    execFileSync('sh', ['-c', command!]);
    t.deepEqual(readFileSync(`${file}.restored`), original);
  });
}

test('a damaged export of lines names a command that makes a store of its good ones', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  const file = path.join(folder, 'lines.ndjson');
  await commandLine(['put', store, '--batch', '-', '--tsv'], { input: [Buffer.from('a\t1\nb\t2\nc\t3\n')] });
  const lines = (await commandLine(['export', store, '-', '--as', 'ndjson'])).stdout.split('\n');
  writeFileSync(file, lines.with(2, lines[2]!.slice(0, -1)).join('\n'));
  for (const argv of [
    ['verify', file],
    ['import', file, path.join(folder, 'new')],
    ['repair', file, '--into', path.join(folder, 'new')],
  ]) {
    const { stdout, stderr } = await commandLine(argv);
    const [, command] = /'statelog (put [^']+)'/.exec(stdout + stderr)!;
    const made = command!.split(' ');
    t.is((await commandLine(made)).exitCode, 2, 'a line was passed over');
    t.is((await commandLine(['scan', made[1]!])).stdout, 'a\t1\nc\t3\n');
  }
  t.true(readFileSync(`${file}.rejects`, 'utf8').startsWith(lines[2]!.slice(0, -1)));
});

test('a cut export of compressed lines names a command that makes a store of those that are left', async (t) => {
  const folder = tempDir(t);
  const [store, lines, cut] = ['store', 'lines.ndjson', 'cut.ndjson.gz'].map((name) =>
    path.join(folder, name),
  );
  const entries = Array.from({ length: 400 }, (_, number) => `k${number}\t${number * 7919}\n`).join('');
  await commandLine(['put', store!, '--batch', '-', '--tsv'], { input: [Buffer.from(entries)] });
  await commandLine(['export', store!, lines!]);
  const whole = gzipSync(readFileSync(lines!));
  writeFileSync(cut!, whole.subarray(0, whole.length - 400));
  const { stdout } = await commandLine(['verify', cut!]);
  const [, expand, put] = /or run (gzip -dc \S+ > \S+), then 'statelog (put .+)' to make a store/.exec(
    stdout,
  )!;
  spawnSync('sh', ['-c', expand!]);
  t.is((await commandLine(put!.split(' '))).exitCode, 3, 'its end is missing');
  const expanded = readFileSync(`${cut!}.expanded`, 'utf8').split('\n');
  const { stdout: count } = await commandLine(['scan', `${cut!}-store`, '--count']);
  t.is(Number(count), expanded.length - 2);
});

test('snapshots in a folder that is laid out as a bucket are named, with what reads them', async (t) => {
  const folder = tempDir(t);
  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a', '1']);
  const key = path.join(folder, 'bucket/edge/orders');
  t.is((await commandLine(['export', store, `file://${key}`])).exitCode, 0);
  for (const named of [path.join(folder, 'bucket'), path.dirname(key), key, `${key}.manifest.json`]) {
    const { stderr } = await commandLine(['verify', named]);
    const commands = [...stderr.matchAll(/'statelog ([^']+)'/g)].map(([, command]) => command!.split(' '));
    t.is(commands.length, 3, stderr);
    for (const command of commands.slice(0, 2)) t.is((await commandLine(command)).exitCode, 0, stderr);
  }
  rmSync(`${key}.manifest.json`);
  const { stderr } = await commandLine(['verify', path.join(folder, 'bucket')]);
  t.regex(stderr, /pointer orders\.manifest\.json, which says .* is missing/);
  const [, command] = /'statelog ([^']+)'/.exec(stderr)!;
  t.is((await commandLine(command!.split(' '))).exitCode, 0);
});

for (const isCut of [false, true]) {
  test(`the tar of a store${isCut ? ' that was cut' : ''} names what unpacks it, and no repair`, async (t) => {
    const folder = tempDir(t);
    await commandLine(['put', path.join(folder, 'store'), 'a', '1']);
    const tar = path.join(folder, 'packed.tar');
    execFileSync('tar', ['-cf', tar, '-C', folder, 'store']);
    if (isCut) truncateSync(tar, 4000);
    const { stdout } = await commandLine(['verify', tar]);
    t.notRegex(stdout, /statelog repair/);
    const [, make, unpack, verify] =
      /'(mkdir [^']+)', then '(tar [^']+)', then 'statelog (verify [^']+)'/.exec(stdout)!;
    execFileSync('sh', ['-c', `${make!} && ${unpack!} 2> /dev/null || true`]);
    t.regex((await commandLine(verify!.split(' '))).stderr, /statelog (verify|repair) \S+-unpacked\/store/);
  });
}
