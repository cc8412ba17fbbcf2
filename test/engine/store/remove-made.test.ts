import { copyFileSync, cpSync, existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { createStore, openWritable } from '../../../src/engine/inspect/open.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { removeMade } from '../../../src/engine/store/remove-made.js';
import { treeOf } from '../../support/other-hands.js';
import { tempDir } from '../../support/temp-dir.js';

/* What was made for work that cannot be done goes away again, and nothing that others put there. */

async function written(place: string): Promise<void> {
  createStore(place);
  const store = await openWritable(place);
  store.put(Buffer.from('k'), Buffer.from('v'));
  await store.sync();
  store.close();
}

/** Lets `act` be the next thing that happens once a call has returned. */
function after(call: 'tryLock' | 'readDirectory', act: () => void): FileSystem {
  const real = realFileSystem();
  let isDone = false;
  const acting =
    <Argument, Result>(made: (argument: Argument) => Result) =>
    (argument: Argument): Result => {
      const result = made(argument);
      if (!isDone) act();
      isDone = true;
      return result;
    };
  return withReplaced(
    real,
    call === 'tryLock'
      ? { tryLock: acting(real.tryLock.bind(real)) }
      : { readDirectory: acting(real.readDirectory.bind(real)) },
  );
}

for (const name of ['store', 'store.snap']) {
  test(`${name}: one that is empty is removed, one with an entry stays`, async (t) => {
    const place = path.join(tempDir(t), name);
    createStore(place);
    removeMade(realFileSystem(), place);
    t.false(existsSync(place));
    await written(place);
    removeMade(realFileSystem(), place);
    t.true(existsSync(place));
  });
}

test('a fold log that others put in the place of an empty one, once that is locked, stays', async (t) => {
  const folder = tempDir(t);
  const [place, other] = ['store.snap', 'other.snap'].map((name) => path.join(folder, name)) as [
    string,
    string,
  ];
  createStore(place);
  await written(other);
  const fileSystem = after('tryLock', () => {
    renameSync(place, path.join(folder, 'away.snap'));
    copyFileSync(other, place);
  });
  removeMade(fileSystem, place);
  t.deepEqual(treeOf(folder)['store.snap'], treeOf(folder)['other.snap']);
});

test('a state directory that others put in the place of an empty one, while that is removed, stays', async (t) => {
  const folder = tempDir(t);
  const [place, other] = ['store', 'other'].map((name) => path.join(folder, name)) as [string, string];
  createStore(place);
  await written(other);
  const fileSystem = after('readDirectory', () => {
    renameSync(place, path.join(folder, 'away'));
    cpSync(other, place, { recursive: true });
  });
  removeMade(fileSystem, place);
  t.deepEqual(treeOf(place), treeOf(other));
});
