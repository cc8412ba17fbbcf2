import {
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { tempDir } from '../support/temp-dir.js';

/* One rule for what a new store or snapshot is put at: nothing, or an empty folder, which is filled. */

async function sourceIn(folder: string): Promise<string> {
  const source = path.join(folder, 'source');
  await commandLine(['put', source, 'a', '1']);
  return source;
}

for (const [command, argv] of Object.entries({
  create: (_source: string, place: string) => ['create', place],
  put: (_source: string, place: string) => ['put', place, 'a', '1'],
  import: (source: string, place: string) => ['import', source, place],
  export: (source: string, place: string) => ['export', source, place],
  repair: (source: string, place: string) => ['repair', source, '--into', place],
})) {
  test(`${command} fills an empty folder, and leaves it its mode and its place`, async (t) => {
    const folder = tempDir(t);
    const source = await sourceIn(folder);
    const place = path.join(folder, 'place');
    mkdirSync(path.join(place, 'lost+found'), { recursive: true });
    chmodSync(place, 0o2750);
    const { ino, mode } = statSync(place);
    const { exitCode, stderr } = await commandLine(argv(source, place));
    t.is(exitCode, 0, stderr);
    t.like(statSync(place), { ino, mode });
    t.true(readdirSync(place).includes('MANIFEST.json'));
    t.deepEqual(
      readdirSync(place).filter((name) => name.startsWith('.')),
      [],
    );
    t.is((await commandLine(['verify', place, '-q'])).exitCode, 0);
  });

  test(`${command} goes up through a link to where the system does`, async (t) => {
    const folder = tempDir(t);
    const source = await sourceIn(folder);
    const elsewhere = path.join(folder, 'elsewhere');
    mkdirSync(path.join(elsewhere, 'inner'), { recursive: true });
    symlinkSync(path.join(elsewhere, 'inner'), path.join(folder, 'link'));
    const { exitCode, stderr } = await commandLine(argv(source, `${folder}/link/../place`));
    t.is(exitCode, 0, stderr);
    t.deepEqual(readdirSync(folder).sort(), ['elsewhere', 'link', 'source']);
    t.deepEqual(readdirSync(elsewhere).sort(), ['inner', 'place']);
    t.is((await commandLine(['verify', `${folder}/link/../place`, '-q'])).exitCode, 0);
    const missing = await commandLine(argv(source, `${folder}/missing/../place`));
    t.is(missing.exitCode, 6);
    t.true(missing.stderr.includes(`there is no folder ${folder}/missing/..`), missing.stderr);
  });

  test(`${command} refuses a place that a link has within another store`, async (t) => {
    const folder = tempDir(t);
    const source = await sourceIn(folder);
    const other = path.join(folder, 'other');
    await commandLine(['put', other, 'a', '1']);
    const names = readdirSync(other, { recursive: true });
    const link = path.join(folder, 'link');
    symlinkSync(path.join(other, 'checkpoints'), link);
    const { exitCode, stderr } = await commandLine(argv(source, path.join(link, 'place')));
    t.is(exitCode, 8, stderr);
    t.true(stderr.includes(`lies in ${other}`), stderr);
    t.deepEqual(readdirSync(other, { recursive: true }), names);
  });

  test(`${command} refuses a folder with anything in it, and leaves it as it is`, async (t) => {
    const folder = tempDir(t);
    const source = await sourceIn(folder);
    const place = path.join(folder, 'place');
    mkdirSync(place);
    writeFileSync(path.join(place, 'file'), 'x');
    const { exitCode } = await commandLine(argv(source, place));
    t.true(command === 'put' ? exitCode === 7 : exitCode === 8, String(exitCode));
    t.deepEqual(readdirSync(place), ['file']);
  });
}

test('a fold log whose header was torn when it was made is made again by a put', async (t) => {
  const folder = tempDir(t);
  for (const header of ['', 'P', 'PGS', 'PGSS\u0002', '\0\0\0']) {
    const file = path.join(folder, 'log.snap');
    writeFileSync(file, header);
    t.is((await commandLine(['put', file, 'a', '1'])).exitCode, 0, JSON.stringify(header));
    t.is((await commandLine(['get', file, 'a'])).stdout, '1');
    rmSync(file);
  }
  const other = path.join(folder, 'other.snap');
  writeFileSync(other, 'abc');
  t.is((await commandLine(['put', other, 'a', '1'])).exitCode, 7);
  t.is(readFileSync(other, 'utf8'), 'abc');
});

test('a fold log is not put in the place of an empty folder', async (t) => {
  const folder = tempDir(t);
  const log = path.join(folder, 'log.snap');
  await commandLine(['put', log, 'a', '1']);
  const place = path.join(folder, 'place');
  mkdirSync(place);
  const { exitCode } = await commandLine(['import', log, place]);
  t.is(exitCode, 8);
  t.deepEqual(readdirSync(place), []);
});

test('a path that is not UTF-8 is refused, and nothing is made of another name', async (t) => {
  const folder = tempDir(t);
  const source = await sourceIn(folder);
  const lossy = path.join(folder, 'st\ufffdre');
  for (const argv of [
    ['put', lossy, 'a', '1'],
    ['get', lossy, 'a'],
    ['export', source, `${lossy}.tar`],
    ['import', source, lossy],
    ['repair', source, '--into', lossy],
    ['verify', source, '--report', lossy],
  ]) {
    const { exitCode, stderr } = await commandLine(argv);
    t.is(exitCode, 2, argv.join(' '));
    t.regex(stderr, /is not UTF-8, and its bytes are not known; names have to be UTF-8: rename/);
  }
  t.deepEqual(readdirSync(folder), ['source']);
  // One that has this character is known.
  mkdirSync(lossy);
  t.is((await commandLine(['put', lossy, 'a', '1'])).exitCode, 0);
});
