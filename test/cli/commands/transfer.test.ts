import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';

interface Report {
  readonly digest: string;
  readonly keys: number;
  readonly epoch: string | null;
  readonly cursor: string | null;
}

/** A state directory of three cores with binary keys and values, two checkpoints and a log. */
async function sample(folder: string): Promise<string> {
  const store = path.join(folder, 'store');
  StateDirectory.create(store, { cores: 3 });
  const directory = await StateDirectory.open(store);
  for (let index = 0; index < 300; index++) {
    directory.put(Buffer.from([index & 255, index >> 8, 0xff]), Buffer.from(`value ${index}`));
    if (index % 100 === 50) await directory.checkpoint();
  }
  directory.delete(Buffer.from([7, 0, 0xff]));
  await directory.commit(new Map([['orders', 300n]]), 5n);
  directory.close();
  return store;
}

async function json(argv: readonly string[], input?: Uint8Array): Promise<Report> {
  const { exitCode, stdout, stderr } = await commandLine(
    [...argv, '--json'],
    input === undefined ? {} : { input: [input] },
  );
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${exitCode}, ${stderr}`);
  return JSON.parse(stdout === '' ? stderr : stdout) as Report;
}

async function digestOf(store: string): Promise<string> {
  return (await json(['stat', store, '--digest'])).digest;
}

for (const destination of ['artifact', 'artifact.tar']) {
  test(`an export to ${destination} and its import give the same content, sources and epoch`, async (t) => {
    const folder = tempDir(t);
    const store = await sample(folder);
    const sent = await json(['export', store, path.join(folder, destination)]);
    t.is(sent.keys, 299);
    t.is(sent.epoch, '4');
    const copy = path.join(folder, 'copy');
    const arrived = await json(['import', path.join(folder, destination), copy, '--expect', sent.digest]);
    t.is(arrived.digest, sent.digest);
    t.is(await digestOf(copy), await digestOf(store));
    const reader = StateDirectory.openReadOnly(copy);
    t.is(reader.manifest.cores, 3);
    t.is(reader.epoch, 4n);
    t.deepEqual([...reader.progress.sources], [['orders', 300n]]);
    t.is(reader.progress.watermark, 5n);
    reader.close();
    t.is((await commandLine(['verify', copy, '-q'])).exitCode, 0);
    t.is((await commandLine(['import', path.join(folder, destination), copy])).exitCode, 8);
    t.is((await commandLine(['export', store, path.join(folder, destination)])).exitCode, 8);
  });
}

test('a stream through a pipe arrives whole, as a tar and as NDJSON', async (t) => {
  const folder = tempDir(t);
  const store = await sample(folder);
  const digest = await digestOf(store);
  for (const [index, form] of [[], ['--as', 'ndjson']].entries()) {
    const { stdoutBytes, stderr } = await commandLine(['export', store, '-', ...form]);
    t.true(stderr.includes(digest));
    const copy = path.join(folder, `copy-${index}`);
    t.is((await json(['import', '-', copy], stdoutBytes)).digest, digest);
    const cut = stdoutBytes.subarray(0, stdoutBytes.length - 1100);
    const refused = await commandLine(['import', '-', path.join(folder, 'cut')], { input: [cut] });
    t.is(refused.exitCode, 3);
    t.false(existsSync(path.join(folder, 'cut')));
  }
  t.is((await commandLine(['import', '-', path.join(folder, 'none')], { input: [] })).exitCode, 3);
  t.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
  );
});

test('scan --json piped into put --batch gives the same digest, whatever the bytes', async (t) => {
  const folder = tempDir(t);
  const store = await sample(folder);
  const { stdoutBytes } = await commandLine(['scan', store, '--json']);
  const copy = path.join(folder, 'copy');
  t.is((await commandLine(['put', copy, '--batch', '-'], { input: [stdoutBytes] })).exitCode, 0);
  t.is(await digestOf(copy), await digestOf(store));
});

test('NDJSON carries any keys and values', async (t) => {
  const folder = tempDir(t);
  let number = 0;
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.uint8Array())),
        async (entries) => {
          const store = path.join(folder, `store-${number}`);
          const copy = path.join(folder, `copy-${number++}`);
          StateDirectory.create(store);
          const directory = await StateDirectory.open(store);
          for (const [key, value] of entries) directory.put(key, value);
          await directory.sync();
          directory.close();
          const { stdoutBytes } = await commandLine(['export', store, '-', '--as', 'ndjson']);
          const arrived = await json(['import', '-', copy], stdoutBytes);
          if (arrived.digest !== (await digestOf(store))) throw new Error('another digest');
        },
      ),
      { numRuns: 15 },
    ),
  );
});

test('an export of an earlier epoch holds what its checkpoint held', async (t) => {
  const folder = tempDir(t);
  const store = await sample(folder);
  const report = await json(['export', store, path.join(folder, 'old.tar'), '--at', '2']);
  t.is(report.epoch, '2');
  t.is(report.keys, 151);
  t.is((await commandLine(['export', store, path.join(folder, 'no.tar'), '--at', '9'])).exitCode, 6);
});

test("the originals' artifact, tar, fold log, state file and logs are imported", async (t) => {
  const folder = tempDir(t);
  const tar = 'bucket/artifacts/edge/orders.payloads/00000000000005a5-3230b8366697f863.tar';
  const fold = path.join(folder, 'fold.snap');
  await json(['import', fixturePath('artifact'), fold]);
  t.deepEqual(readFileSync(fold), readFileSync(fixturePath('artifact/data/fold.snap')));
  const same = await json(['import', fixturePath(tar), path.join(folder, 'tar.snap')]);
  t.is(same.digest, await digestOf(fold));
  t.is(same.cursor, String(0x5a5));
  const compact = path.join(folder, 'compact.snap');
  await json(['import', fixturePath('fold-log.snap'), compact]);
  t.deepEqual(readFileSync(compact), readFileSync(fixturePath('fold-compact.snap')));
  for (const [name, keys] of [
    ['state-large.db', 2698],
    ['wal-cores', 166],
  ] as const) {
    const copy = path.join(folder, name);
    const report = await json(['import', fixturePath(name), copy, '--cores', '2']);
    t.is(report.keys, keys);
    t.is(report.digest, await digestOf(fixturePath(name)));
    t.is(await digestOf(copy), report.digest);
  }
});

test('an exported fold is the one that Slipstream wrote, byte for byte', async (t) => {
  const folder = tempDir(t);
  await json(['export', fixturePath('artifact/data/fold.snap'), path.join(folder, 'again')]);
  t.deepEqual(
    readFileSync(path.join(folder, 'again/data/fold.snap')),
    readFileSync(fixturePath('artifact/data/fold.snap')),
  );
});

test('what the target cannot hold is refused unless the loss is allowed, and nothing is made', async (t) => {
  const folder = tempDir(t);
  const store = await sample(folder);
  const made = path.join(folder, 'made');
  t.is(
    (await commandLine(['import', fixturePath('fold-log.snap'), made, '--kind', 'directory'])).exitCode,
    8,
  );
  t.is((await commandLine(['export', store, made, '--as', 'append-log'])).exitCode, 8);
  t.is((await commandLine(['import', store, `${made}.snap`, '--kind', 'log'])).exitCode, 8);
  t.is((await commandLine(['import', store, made, '--expect', '0'.repeat(64)])).exitCode, 3);
  t.is((await commandLine(['import', store, made, '--dry-run'])).exitCode, 0);
  t.false(existsSync(made));
  t.false(existsSync(`${made}.snap`));
  const kept = ['import', fixturePath('fold-log.snap'), made, '--kind', 'directory', '--drop-revisions'];
  t.is((await json(kept)).keys, 102);
});

test('a stream is not written to a terminal', async (t) => {
  const folder = tempDir(t);
  const store = await sample(folder);
  t.is((await commandLine(['export', store, '-'], { isTerminal: true })).exitCode, 2);
});
