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

test('what is cut short at the end of a store that was closed is still an unfinished write', async (t) => {
  const { root, segment } = await closedStore(tempDir(t));
  writeFileSync(segment, readFileSync(segment).subarray(0, -7));
  t.is((await commandLine(['verify', root])).exitCode, 4);
  t.is((await commandLine(['repair', root, '--into', `${root}-new`, '--dry-run'])).exitCode, 4);
  const repaired = await commandLine(['repair', root, '--into', `${root}-new`, '--json']);
  t.is(repaired.exitCode, 0);
  t.like(JSON.parse(repaired.stdout.trimEnd().split('\n').at(-1)!), {
    summary: { lost: { records: 0, bytes: 0, keys: 0 }, gaps: 0, torn: 1 },
  });
  const mended = await commandLine(['repair', root, '--json']);
  t.is(mended.exitCode, 0);
  t.like(JSON.parse(mended.stdout.trimEnd().split('\n').at(-1)!), { summary: { kept: { keys: PUTS - 1 } } });
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
