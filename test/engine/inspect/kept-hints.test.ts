import { closeSync, openSync, readdirSync, readlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { commandLine } from '../../support/command-line.js';
import { tempDir } from '../../support/temp-dir.js';

/* What may be let go of is what the store does not need: the hint that says so must work. */

async function storeOfTwoCheckpoints(t: ExecutionContext, cores = 1): Promise<string> {
  const root = path.join(tempDir(t), 'store');
  StateDirectory.create(root, { keep: 2, cores });
  const store = await StateDirectory.open(root);
  for (const value of ['1', '2']) {
    store.put(toUtf8('a'), toUtf8(value));
    await store.checkpoint();
  }
  store.put(toUtf8('b'), toUtf8('3'));
  store.close();
  return root;
}

function damage(root: string, file: string): void {
  const descriptor = openSync(path.join(root, file), 'r+');
  writeSync(descriptor, 'XXXX', 50);
  closeSync(descriptor);
}

const LET_GO = /'statelog checkpoint \S+ --keep 1' lets go of this/;
const REPAIR = /statelog repair \S+ --into/;

test('a damaged checkpoint that is not needed can be let go of, as the hint says', async (t) => {
  const root = await storeOfTwoCheckpoints(t);
  damage(root, 'checkpoints/1/state-0.idx');
  const { exitCode, stdout } = await commandLine(['verify', root]);
  t.is(exitCode, 3);
  t.regex(stdout, LET_GO);
  t.is((await commandLine(['checkpoint', root, '--keep', '1'])).exitCode, 0);
  t.is((await commandLine(['verify', root])).exitCode, 0);
});

test('no damaged checkpoint is to be let go of where a value of the newest is damaged, too', async (t) => {
  const root = await storeOfTwoCheckpoints(t);
  damage(root, 'checkpoints/1/state-0.idx');
  const values = openSync(path.join(root, 'checkpoints/2/state-0.db'), 'r+');
  writeSync(values, 'X', 33);
  closeSync(values);
  const { stdout } = await commandLine(['verify', root]);
  t.regex(stdout, /value-mismatch: \S+checkpoints\/2/);
  t.notRegex(stdout, LET_GO);
  t.regex(stdout, REPAIR);
});

test('no file of any core stays open where the values of one are damaged', async (t) => {
  const root = await storeOfTwoCheckpoints(t, 3);
  damage(root, 'checkpoints/1/state-0.idx');
  const values = openSync(path.join(root, 'checkpoints/2/state-0.db'), 'r+');
  writeSync(values, 'X', 33);
  closeSync(values);
  t.is((await commandLine(['verify', root])).exitCode, 3);
  const open = readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return [];
    }
  });
  t.deepEqual(
    open.filter((file) => file.startsWith(root)),
    [],
  );
});

for (const [what, file] of Object.entries({
  'newest checkpoint': 'checkpoints/2/state-0.idx',
  'live log': 'wal/3/wal-0.log',
})) {
  test(`no damaged checkpoint is to be let go of where the ${what} is damaged, too`, async (t) => {
    const root = await storeOfTwoCheckpoints(t);
    damage(root, 'checkpoints/1/state-0.idx');
    damage(root, file);
    const { stdout } = await commandLine(['verify', root]);
    t.notRegex(stdout, LET_GO);
    t.regex(stdout, REPAIR);
    t.is((await commandLine(['checkpoint', root, '--keep', '1'])).exitCode, 3);
  });
}
