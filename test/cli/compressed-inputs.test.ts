import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { commandLine } from '../support/command-line.js';
import { fixturePath } from '../support/fixtures.js';
import { tempDir } from '../support/temp-dir.js';

/** For temporary files of these tests alone: a process that was killed may have left scratch folders in the system's folder. */
process.env['TMPDIR'] = mkdtempSync(path.join(tmpdir(), 'statelog-test-'));
test.after.always(() => {
  rmSync(tmpdir(), { recursive: true, force: true });
});

function gzipped(file: string, to: string): string {
  writeFileSync(to, gzipSync(readFileSync(file)));
  return to;
}

function scratchLeft(...folders: string[]): string[] {
  return [tmpdir(), ...folders]
    .flatMap((folder) => readdirSync(folder))
    .filter((name) => name.includes('statelog-scratch'));
}

for (const [name, source] of Object.entries({
  segment: 'wal-ops/wal-0.log',
  'fold log': 'fold-log.snap',
  'artifact tar': 'bucket/artifacts/edge/orders.payloads/00000000000005a5-3230b8366697f863.tar',
})) {
  test.serial(`a ${name} that gzip compressed is read through, as if it lay there by itself`, async (t) => {
    const folder = tempDir(t);
    const plain = path.join(folder, 'plain');
    cpSync(fixturePath(source), plain);
    const packed = gzipped(plain, path.join(folder, 'packed'));
    for (const argv of [
      ['verify', 'PATH', '--json'],
      ['stat', 'PATH', '--json'],
      ['scan', 'PATH', '--json'],
      ['get', 'PATH', 'no such key'],
      ...(name === 'artifact tar' ? [] : [['wal-replay', 'PATH', '--json']]),
      ['import', 'PATH', path.join(folder, 'NEW'), '--json'],
    ]) {
      const run = async (file: string) => {
        const line = argv.map((word) =>
          word === 'PATH' ? file : word.replace('NEW', path.basename(file) + '-store'),
        );
        const { exitCode, stdout } = await commandLine(line);
        return { exitCode, stdout: stdout.replaceAll(path.basename(file), 'FILE') };
      };
      t.deepEqual(await run(packed), await run(plain), argv[0]);
    }
    const into = path.join(folder, 'mended');
    t.is((await commandLine(['repair', packed, '--into', into])).exitCode, 0);
    t.is((await commandLine(['verify', into])).exitCode, 0);
    t.deepEqual(scratchLeft(folder), []);
  });
}

test.serial(
  'NDJSON and tars that gzip compressed are imported from a pipe, and a cut one is damage',
  async (t) => {
    const folder = tempDir(t);
    const store = path.join(folder, 'store');
    await commandLine(['put', store, 'a', '1']);
    for (const form of ['ndjson', 'append-log']) {
      const exported = await commandLine(['export', store, '-', '--as', form, '--drop-sources']);
      const bytes = gzipSync(exported.stdoutBytes);
      const into = path.join(folder, form);
      t.is((await commandLine(['import', '-', into], { input: [bytes] })).exitCode, 0, form);
      t.is((await commandLine(['get', into, 'a'])).stdout, '1');
      const cut = await commandLine(['import', '-', `${into}-cut`], {
        input: [bytes.subarray(0, bytes.length / 2)],
      });
      t.is(cut.exitCode, 3, form);
    }
  },
);

test.serial(
  'a gzip stream that is cut or rotten is damage, and what comes out before that is read',
  async (t) => {
    const folder = tempDir(t);
    const packed = gzipSync(readFileSync(fixturePath('wal-ops/wal-0.log')));
    const half = Math.floor(packed.length / 2);
    const cut = path.join(folder, 'cut');
    writeFileSync(cut, packed.subarray(0, half));
    const rotten = path.join(folder, 'rotten');
    const bytes = Buffer.from(packed);
    bytes.fill(0xee, half, half + 50);
    writeFileSync(rotten, bytes);
    for (const file of [cut, rotten]) {
      const verified = await commandLine(['verify', file]);
      t.is(verified.exitCode, 3, verified.stdout);
      t.regex(verified.stdout, /compressed by gzip.*damaged/);
      t.is((await commandLine(['wal-replay', file])).exitCode, 3);
      t.is((await commandLine(['import', file, path.join(folder, 'store')])).exitCode, 3);
      t.not((await commandLine(['scan', file])).exitCode, 0);
      const into = path.join(folder, `${path.basename(file)}-new`);
      t.is((await commandLine(['repair', file, '--into', into])).exitCode, 3);
      t.is((await commandLine(['verify', into])).exitCode, 0);
    }
    t.deepEqual(scratchLeft(folder), []);
  },
);

test.serial('verify and wal-replay read standard input, compressed too, and several PATHs', async (t) => {
  const segment = fixturePath('wal-ops/wal-0.log');
  const bytes = readFileSync(segment);
  const named = await commandLine(['wal-replay', segment, '--json']);
  for (const input of [bytes, gzipSync(bytes)]) {
    t.is((await commandLine(['verify', '-'], { input: [input] })).exitCode, 0);
    const replayed = await commandLine(['wal-replay', '-', '--json'], { input: [input] });
    t.is(replayed.exitCode, 0);
    t.is(
      replayed.stdout.replaceAll('"segment":"-"', ''),
      named.stdout.replaceAll(`"segment":"${segment}"`, ''),
    );
  }
  const torn = await commandLine(['verify', '-'], { input: [bytes.subarray(0, bytes.length - 3)] });
  t.is(torn.exitCode, 4);
  // What came through a pipe is gone: a hint on it would not work.
  t.regex(torn.stdout, /save what was read to a file, say FILE, and run 'statelog repair FILE' to copy/);
  const foreign = await commandLine(['verify', '-'], { input: [Buffer.from(bytes.toString('base64'))] });
  t.regex(foreign.stderr, /save what was read to a file, say FILE, and run: base64 -d FILE > FILE\.restored/);
  const twice = await commandLine(['wal-replay', segment, segment, '--json']);
  t.is(twice.stdout, named.stdout + named.stdout);
  const store = path.join(tempDir(t), 'store');
  const cores = fixturePath('wal-cores');
  const into = await commandLine([
    'wal-replay',
    path.join(cores, 'wal-0.log'),
    path.join(cores, 'wal-1.log'),
    '--into',
    store,
  ]);
  t.is(into.exitCode, 0, into.stderr);
  t.deepEqual(scratchLeft(), []);
});

test.serial('a compressed segment in a folder or a store is used by a repair', async (t) => {
  const folder = tempDir(t);
  const segments = path.join(folder, 'segments');
  cpSync(fixturePath('wal-cores'), segments, { recursive: true });
  gzipped(path.join(segments, 'wal-1.log'), path.join(segments, 'wal-1.log'));
  const into = path.join(folder, 'new');
  const { exitCode, stdout } = await commandLine(['repair', segments, '--into', into]);
  t.is(exitCode, 0, stdout);
  t.regex(stdout, /foreign-bytes: .*wal-1\.log.*is read through/);
  t.deepEqual(readFileSync(path.join(into, 'wal-1.log')), readFileSync(fixturePath('wal-cores/wal-1.log')));

  const store = path.join(folder, 'store');
  await commandLine(['put', store, 'a', '1']);
  await commandLine(['checkpoint', store]);
  await commandLine(['put', store, 'b', '2']);
  for (const part of ['wal/2/wal-0.log', 'checkpoints/1/state-0.db', 'checkpoints/1/state-0.idx']) {
    gzipped(path.join(store, part), path.join(store, part));
  }
  const mended = path.join(folder, 'mended');
  t.is((await commandLine(['repair', store, '--into', mended])).exitCode, 0);
  t.is((await commandLine(['scan', mended])).stdout, 'a\t1\nb\t2\n');
  t.deepEqual(scratchLeft(folder), []);
});

for (const [name, source] of Object.entries({
  segment: 'wal-cores/wal-0.log',
  'fold log': 'slipstream-0.8/memo-live.snap',
})) {
  test.serial(
    `of a ${name} over whose start a part of its compressed form was written nothing good is lost`,
    async (t) => {
      const folder = tempDir(t);
      const bytes = readFileSync(fixturePath(source));
      const packed = gzipSync(bytes).subarray(0, 1000);
      const file = path.join(folder, path.basename(source));
      writeFileSync(file, Buffer.concat([packed, bytes.subarray(packed.length)]));
      const into = path.join(folder, 'mended');
      await commandLine(['repair', file, '--into', into]);
      const { stdout } = await commandLine(['diff', fixturePath(source), into, '--summary']);
      t.regex(stdout, /^0 added, 0 removed, 0 changed, /);
      t.deepEqual(scratchLeft(folder), []);
    },
  );
}

test.serial('a compressed log that was cut names the repair that brings out what is left', async (t) => {
  const folder = tempDir(t);
  const packed = gzipped(fixturePath('fold-log.snap'), path.join(folder, 'log.snap.gz'));
  writeFileSync(packed, readFileSync(packed).subarray(0, 1500));
  const { exitCode, stdout } = await commandLine(['verify', packed]);
  t.is(exitCode, 3);
  const [, command] = /run 'statelog (repair [^']*)'/.exec(stdout)!;
  t.is((await commandLine(command!.split(' '))).exitCode, 3);
  t.is((await commandLine(['verify', command!.split(' ').at(-1)!])).exitCode, 0);
});
