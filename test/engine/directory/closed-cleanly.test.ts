import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';
import { entryOf, recordAround, recordOf } from '../wal/segment-builder.js';

const PUTS = 50;

/** A store whose puts were one group, acknowledged, and closed cleanly. */
async function closedStore(folder: string): Promise<{ readonly root: string; readonly segment: string }> {
  const root = path.join(folder, 'orders');
  StateDirectory.create(root, { cores: 1 });
  const store = await StateDirectory.open(root);
  for (let put = 0; put < PUTS; put++) store.put(Buffer.from(`key ${put}`), Buffer.from(`value ${put}`));
  await store.sync();
  store.close();
  return { root, segment: path.join(root, 'wal', '1', 'wal-0.log') };
}

function damageAt(file: string, offset: number): Buffer {
  const bytes = readFileSync(file);
  bytes[offset]! ^= 1;
  writeFileSync(file, bytes);
  return bytes;
}

const COMMANDS = [
  ['get', 'key 1'],
  ['scan'],
  ['put', 'k', 'v'],
  ['delete', 'key 1'],
  ['checkpoint'],
  ['compact'],
  ['verify'],
  ['repair'],
  ['wal-replay'],
] as const;

test('one bad byte in a group of a store that was closed is damage to every command, and nothing is cut', async (t) => {
  const { root, segment } = await closedStore(tempDir(t));
  const bytes = damageAt(segment, 900);
  for (const [command, ...rest] of COMMANDS) {
    const { exitCode, stderr } = await commandLine([command, root, ...rest]);
    t.is(exitCode, 3, `${command}: ${stderr}`);
    t.deepEqual(readFileSync(segment), bytes, command);
  }
  t.is(statSync(path.join(root, 'LOCK')).size, 0);
  const into = `${root}-new`;
  t.is((await commandLine(['repair', root, '--into', into])).exitCode, 3);
  t.is((await commandLine(['scan', into, '--count'])).stdout, `${PUTS - 1}\n`);
});

test('the same byte is a torn group where the writer died before it acknowledged it', async (t) => {
  const { root, segment } = await closedStore(tempDir(t));
  damageAt(segment, 900);
  writeFileSync(path.join(root, 'LOCK'), '{"pid":999999999,"host":"gone"}\n');
  t.is((await commandLine(['verify', root])).exitCode, 4);
  const { exitCode, stderr } = await commandLine(['put', root, 'k', 'v']);
  t.is(exitCode, 0);
  t.regex(stderr, /copied to .*broken/);
});

/** What may become of a segment after its store was closed, none of which an unfinished write leaves. */
const SHORTENED: Readonly<Record<string, (good: Buffer, recordBytes: number) => Buffer>> = {
  'cut within a record': (good) => good.subarray(0, -7),
  'cut at the end of a record': (good, recordBytes) => good.subarray(0, -recordBytes),
  'of an earlier moment': (good, recordBytes) => good.subarray(0, 3 * recordBytes),
  empty: () => Buffer.alloc(0),
};

for (const [what, shorten] of Object.entries(SHORTENED)) {
  test(`a log that is ${what} is damage in a store that was closed, in place and in a copy, and stays`, async (t) => {
    const folder = tempDir(t);
    const { root, segment } = await closedStore(folder);
    const good = readFileSync(segment);
    const recordBytes = good.length / PUTS;
    t.true(Number.isInteger(recordBytes));
    const copy = path.join(folder, 'copy');
    cpSync(root, copy, { recursive: true });
    const left = shorten(good, recordBytes);
    const kept = Math.floor(left.length / recordBytes);
    for (const store of [root, copy]) {
      const file = path.join(store, 'wal', '1', 'wal-0.log');
      writeFileSync(file, left);
      for (const [command, ...rest] of COMMANDS) {
        const { exitCode, stderr } = await commandLine([command, store, ...rest]);
        t.is(exitCode, 3, `${command}: ${stderr}`);
        t.deepEqual(readFileSync(file), left, command);
      }
      const into = `${store}-new`;
      const repaired = await commandLine(['repair', store, '--into', into, '--json']);
      t.is(repaired.exitCode, 3);
      t.like(JSON.parse(repaired.stdout.trimEnd().split('\n').at(-1)!), {
        summary: { kept: { records: kept }, lost: { records: PUTS - kept }, torn: 0 },
      });
      t.is((await commandLine(['scan', into, '--count'])).stdout, `${kept}\n`);
    }
  });
}

test('verify says how many records a log had that was closed longer', async (t) => {
  const { root, segment } = await closedStore(tempDir(t));
  const good = readFileSync(segment);
  writeFileSync(segment, good.subarray(0, (good.length / PUTS) * 10));
  const { stdout } = await commandLine(['verify', root, '--json']);
  const [finding] = stdout.split('\n').map((line) => (line === '' ? {} : (JSON.parse(line) as object)));
  t.like(finding, {
    finding: { class: 'sequence-gap', severity: 'damage', expected: `${PUTS}`, found: '10' },
  });
  t.regex(stdout, /the last 40 records are missing/);
});

test('rot in the last record of a closed store is damage, in it and in a copy; what others write into it may be unfinished', async (t) => {
  const folder = tempDir(t);
  const { root, segment } = await closedStore(folder);
  const copy = path.join(folder, 'copy');
  cpSync(root, copy, { recursive: true });
  const copied = path.join(copy, 'wal', '1', 'wal-0.log');
  damageAt(copied, statSync(copied).size - 20);
  t.is((await commandLine(['verify', copy])).exitCode, 3);
  t.is((await commandLine(['put', copy, 'k', 'v'])).exitCode, 3);
  damageAt(segment, statSync(segment).size - 20);
  t.is((await commandLine(['verify', root])).exitCode, 4);
  const mended = await commandLine(['repair', root, '--json']);
  t.is(mended.exitCode, 0);
  t.like(JSON.parse(mended.stdout.trimEnd().split('\n').at(-1)!), {
    summary: { kept: { keys: PUTS - 1 }, torn: 1 },
  });
});

test('what a crash leaves behind the end of a closed log is a torn write, as ever', async (t) => {
  const { root, segment } = await closedStore(tempDir(t));
  writeFileSync(segment, Buffer.concat([readFileSync(segment), Buffer.alloc(30, 7)]));
  t.is((await commandLine(['verify', root])).exitCode, 4);
  const { exitCode, stderr } = await commandLine(['put', root, 'k', 'v']);
  t.is(exitCode, 0);
  t.regex(stderr, /copied to .*broken/);
  t.is((await commandLine(['verify', root, '-q'])).exitCode, 0);
});

test('of a log whose writer died, nothing is torn that was there when it was last closed', async (t) => {
  const { root, segment } = await closedStore(tempDir(t));
  const end = statSync(segment).size;
  writeFileSync(segment, Buffer.concat([readFileSync(segment), Buffer.alloc(30, 7)]));
  writeFileSync(path.join(root, 'LOCK'), '{"pid":999999999,"host":"gone"}\n');
  t.is((await commandLine(['verify', root])).exitCode, 4);
  damageAt(segment, end - 20);
  t.is((await commandLine(['verify', root])).exitCode, 3);
  t.is((await commandLine(['put', root, 'k', 'v'])).exitCode, 3);
});

test('a segment without one good record is no torn tail of a store that was closed', async (t) => {
  const { root, segment } = await closedStore(tempDir(t));
  const good = readFileSync(segment);
  for (const bytes of [
    gzipSync(good),
    Buffer.alloc(good.length),
    Buffer.from('not a log at all, yet long enough'),
  ]) {
    writeFileSync(segment, bytes);
    for (const command of [
      ['verify', root],
      ['put', root, 'k', 'v'],
      ['scan', root],
    ]) {
      t.is((await commandLine(command)).exitCode, 3, command[0]);
      t.deepEqual(readFileSync(segment), bytes);
    }
  }
});

test('a whole record of an operation that is not known is of another release: 7, and never cut', async (t) => {
  const folder = tempDir(t);
  const unknown = recordOf(
    entryOf({ sequence: BigInt(PUTS), epoch: 1n, operation: { op: 'checkpoint', id: 1n } }),
  );
  // The operation's tag stands 32 bytes into the root, the last 64 of the data.
  const data = unknown.slice(8);
  data[data.length - 32] = 5;
  const { root, segment } = await closedStore(folder);
  const bytes = Buffer.concat([readFileSync(segment), recordAround(data)]);
  writeFileSync(segment, bytes);
  const bare = path.join(folder, 'bare');
  mkdirSync(bare);
  copyFileSync(segment, path.join(bare, 'wal-0.log'));
  const dead = path.join(folder, 'dead');
  cpSync(root, dead, { recursive: true });
  writeFileSync(path.join(dead, 'LOCK'), '{"pid":999999999,"host":"gone"}\n');
  const runs = [root, dead].flatMap((store) => [
    ...COMMANDS.filter(([command]) => command !== 'wal-replay').map(([command, ...rest]) => [
      command,
      store,
      ...rest,
    ]),
    ['repair', store, '--into', `${root}-new`],
  ]);
  runs.push(
    ['verify', bare],
    ['import', bare, `${root}-new`],
    ['repair', bare],
    ['wal-replay', root],
    ['wal-replay', bare],
  );
  for (const argv of runs) {
    const { exitCode, stderr } = await commandLine(argv);
    t.is(exitCode, 7, `${argv.join(' ')}: ${stderr}`);
    t.deepEqual(readFileSync(segment), bytes);
  }
});

test('a file that the manifest names is gone: readers and writers alike say 3', async (t) => {
  for (const lost of ['wal/2/wal-0.log', 'checkpoints/1/state-0.db', 'checkpoints/1/state-0.idx', 'wal/2']) {
    const { root } = await closedStore(tempDir(t));
    t.is((await commandLine(['checkpoint', root])).exitCode, 0);
    t.is((await commandLine(['put', root, 'k', 'v'])).exitCode, 0);
    rmSync(path.join(root, lost), { recursive: true });
    for (const [command, ...rest] of COMMANDS.slice(0, 7)) {
      const { exitCode, stderr } = await commandLine([command, root, ...rest]);
      t.is(exitCode, 3, `${lost}: ${command}: ${stderr}`);
    }
  }
});
