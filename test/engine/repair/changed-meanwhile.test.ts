import { cpSync, existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { tempDir } from '../../support/temp-dir.js';

const CHANGED = 'the source was changed while it was read';

test('a store whose writer makes a checkpoint while a repair looks at it lost nothing: it is copied whole, or the repair says that it was changed', async (t) => {
  const folder = tempDir(t);
  const [before, after, root, into] = ['before', 'after', 'store', 'new'].map((name) =>
    path.join(folder, name),
  );
  StateDirectory.create(before!, { cores: 1 });
  const writer = await StateDirectory.open(before!);
  writer.put(Buffer.from('a'), Buffer.from('1'));
  await writer.checkpoint();
  writer.put(Buffer.from('b'), Buffer.from('2'));
  await writer.sync();
  writer.close();
  cpSync(before!, after!, { recursive: true });
  const later = await StateDirectory.open(after!);
  await later.checkpoint({ keep: 1 });
  later.close();
  let changed = 0;
  for (let at = 0; ; at += 7) {
    for (const one of [root!, into!]) rmSync(one, { recursive: true, force: true });
    cpSync(before!, root!, { recursive: true });
    let looks = 0;
    const fileSystem = beforeLook(root!, () => {
      if (looks++ !== at) return;
      for (const name of ['checkpoints', 'wal']) rmSync(path.join(root!, name), { recursive: true });
      cpSync(after!, root!, { recursive: true });
    });
    try {
      const steps = repairPath({ fileSystem, path: root!, into: into! });
      let step = await steps.next();
      while (step.done !== true) step = await steps.next();
      t.like(step.value, { gaps: 0, lost: { records: 0, bytes: 0, keys: 0 } }, `before look ${at}`);
      t.deepEqual(contentOf(into!), [
        ['a', '1'],
        ['b', '2'],
      ]);
    } catch (error) {
      const isChanged = isStatelogError(error, 'IO_FAILED') && error.message === CHANGED;
      t.true(isChanged || isStatelogError(error, 'NOT_FOUND'), `before look ${at}: ${String(error)}`);
      t.false(existsSync(into!));
      changed += isChanged ? 1 : 0;
    }
    if (looks <= at) break;
  }
  t.true(changed > 0);
});

function contentOf(root: string): [string, string][] {
  const store = StateDirectory.openReadOnly(root);
  const content = [...store.scan()].map(({ key, value }): [string, string] => {
    return [Buffer.from(key).toString(), Buffer.from(value).toString()];
  });
  store.close();
  return content;
}

/** The real disk, on which something is done before each look at what lies in a folder. */
function beforeLook(root: string, act: () => void): FileSystem {
  const real = realFileSystem();
  const looking =
    <Rest extends unknown[], Result>(look: (place: string, ...rest: Rest) => Result) =>
    (place: string, ...rest: Rest): Result => {
      if (place.startsWith(root)) act();
      return look(place, ...rest);
    };
  return withReplaced(real, {
    status: looking(real.status.bind(real)),
    readDirectory: looking(real.readDirectory.bind(real)),
    openRead: looking(real.openRead.bind(real)),
  });
}
