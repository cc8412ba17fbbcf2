import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
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
  ['gzip', gzipSync('x'), /compressed by gzip.*gzip -dc/],
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
  execFileSync('tar', ['-C', folder, '-cf', tar, 'store']);
  const packed = await commandLine(['import', tar, path.join(folder, 'new')]);
  t.is(packed.exitCode, 3);
  t.regex(packed.stderr, /a store and no artifact/);
  t.true(readFileSync(tar).length > 0);
});
