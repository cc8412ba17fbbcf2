import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { filePrints } from '../../support/file-prints.js';
import { fixturePath } from '../../support/fixtures.js';
import { tempDir } from '../../support/temp-dir.js';
import { fixtureLines, type JsonLine } from './fixture-lines.js';

interface Stat {
  readonly exitCode: number;
  readonly report: JsonLine;
}

async function stat(...argv: readonly string[]): Promise<Stat> {
  const { exitCode, stdout } = await commandLine(['stat', ...argv, '--json']);
  return { exitCode, report: JSON.parse(stdout) as JsonLine };
}

async function newStore(t: ExecutionContext): Promise<string> {
  const store = path.join(tempDir(t), 'store');
  StateDirectory.create(store, { cores: 2 });
  const directory = await StateDirectory.open(store);
  for (const key of ['one', 'two']) {
    directory.put(Buffer.from(key), Buffer.from(`value of ${key}`));
    await directory.commit(new Map([['orders', 7n]]), 5n);
    await directory.checkpoint();
  }
  directory.put(Buffer.from('three'), Buffer.from('value of three'));
  await directory.sync();
  directory.close();
  return store;
}

test('a state directory tells its epochs, sources, segments and lock', async (t) => {
  const store = await newStore(t);
  const before = filePrints(store);
  const { exitCode, report } = await stat(store);
  t.is(exitCode, 0);
  t.like(report, {
    path: store,
    kind: 'directory',
    keys: 3,
    cores: 2,
    keep: 2,
    epoch: '3',
    watermark: '5',
    fragmentation: 0,
  });
  t.deepEqual(report['sources'], { orders: '7' });
  t.deepEqual(report['lock'], { held: 'no' });
  const checkpoints = report['checkpoints'] as JsonLine[];
  t.deepEqual(
    checkpoints.map(({ epoch, keys, watermark }) => [epoch, keys, watermark]),
    [
      ['1', 1, '5'],
      ['2', 2, '5'],
    ],
  );
  const segments = report['segments'] as JsonLine[];
  t.deepEqual(
    segments.map(({ epoch, coreId }) => [epoch, coreId]),
    [
      ['2', 0],
      ['2', 1],
      ['3', 0],
      ['3', 1],
    ],
  );
  for (const { bytes, position } of segments) t.is(position, bytes);
  t.false('problem' in report);
  t.deepEqual(filePrints(store), before);
});

test('a held lock is told with its holder, and left alone', async (t) => {
  const store = await newStore(t);
  const directory = await StateDirectory.open(store);
  const { report } = await stat(store);
  t.like(report['lock'], { held: 'yes', pid: process.pid });
  directory.close();
});

test('the digest of the same content is the same in every kind', async (t) => {
  const folder = tempDir(t);
  const users = ['wal-replay', fixturePath('wal-cores'), '--prefix', 'user:'];
  await commandLine([
    ...users,
    '--into',
    path.join(folder, 'store'),
    '--into',
    path.join(folder, 'log.snap'),
  ]);
  const digests = [];
  for (const name of ['store', 'log.snap'])
    digests.push((await stat(path.join(folder, name), '--digest')).report);
  t.regex(String(digests[0]!['digest']), /^[0-9a-f]{64}$/);
  t.is(digests[0]!['digest'], digests[1]!['digest']);
  const segments = await stat(fixturePath('wal-cores'), '--digest');
  t.not(segments.report['digest'], digests[0]!['digest']);
  await commandLine(['wal-replay', fixturePath('wal-cores'), '--into', path.join(folder, 'all')]);
  t.is((await stat(path.join(folder, 'all'), '--digest')).report['digest'], segments.report['digest']);
});

test('files of the original programs are told as those programs tell them', async (t) => {
  const [head] = fixtureLines('state-medium.ndjson');
  const state = await stat(fixturePath('state-medium.db'));
  t.like(state.report, { kind: 'state-file', keys: head!['keys'], fragmentation: head!['fragmentation'] });
  const log = await stat(fixturePath('fold-log.snap'));
  t.like(log.report, { kind: 'log', keys: 102, lock: { held: 'no' } });
  const artifact = await stat(fixturePath('artifact'));
  t.like(artifact.report, { kind: 'artifact-folder', artifact: { backend: 'append-log', files: 1 } });
  const segments = (await stat(fixturePath('wal-ops'))).report['segments'] as JsonLine[];
  t.like(segments[0], { coreId: 0, records: 84, bytes: 91112, position: 91112 });
});

test('nothing is judged: what cannot be read is a problem, and the exit code 0', async (t) => {
  const folder = tempDir(t);
  const segment = path.join(folder, 'wal-0.log');
  cpSync(fixturePath('wal-ops/wal-0.log'), segment);
  truncateSync(segment, readFileSync(segment).length - 1);
  const torn = await stat(segment);
  t.is(torn.exitCode, 0);
  t.regex(String((torn.report['segments'] as JsonLine[])[0]!['problem']), /^torn-tail at byte 21032/);
  for (const name of ['wal/3/wal-1.log', 'checkpoints/2/state-0.idx', 'MANIFEST.json']) {
    const store = await newStore(t);
    rmSync(path.join(store, name));
    const { exitCode, report } = await stat(store);
    t.is(exitCode, 0, name);
    t.regex(JSON.stringify(report), /"problem":"/);
  }
  const log = path.join(folder, 'fold.snap');
  const bytes = readFileSync(fixturePath('fold-log.snap'));
  bytes[5000] = bytes[5000]! ^ 1;
  writeFileSync(log, bytes);
  const damaged = await stat(log);
  t.is(damaged.exitCode, 0);
  t.like(damaged.report, { kind: 'log', bytes: bytes.length });
  t.is(typeof damaged.report['problem'], 'string');
});

test('what is not ours is 7, and nothing at all is 6', async (t) => {
  const folder = tempDir(t);
  writeFileSync(path.join(folder, 'notes'), 'nothing but text\n');
  t.is((await commandLine(['stat', path.join(folder, 'notes')])).exitCode, 7);
  t.is((await commandLine(['stat', path.join(folder, 'none')])).exitCode, 6);
});

test('a pipe gets a name and a value a line, a terminal the same in columns', async (t) => {
  const piped = await commandLine(['stat', fixturePath('fold-log.snap')]);
  t.true(piped.stdout.includes('kind\tlog\nkeys\t102\n'));
  const shown = await commandLine(['stat', fixturePath('fold-log.snap')], { isTerminal: true });
  t.regex(shown.stdout, /\nkeys {11}102\nbytes {10}24\.1 KiB\n/);
});
