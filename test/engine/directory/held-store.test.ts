import {
  appendFileSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { AppendLogFold } from '../../../src/engine/fold/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/update.js';
import { WatchCursor } from '../../../src/engine/fold/watch-cursor.js';
import { CoreWalWriter } from '../../../src/engine/wal/writer.js';
import { tempDir } from '../../support/temp-dir.js';

const bytes = (text: string): Buffer => Buffer.from(text);

interface Scene {
  readonly folder: string;
  readonly root: string;
  /** A copy of the store as it was before it was opened. */
  readonly older: string;
  readonly segment: string;
}

/** What other hands can do to a store that is open. */
const WAYS: Readonly<Record<string, (scene: Scene) => void>> = {
  'its folder is moved away': ({ root }) => {
    renameSync(root, `${root}-moved`);
  },
  'its folder is moved away, and another store put there': ({ root, older }) => {
    renameSync(root, `${root}-moved`);
    cpSync(older, root, { recursive: true });
  },
  'its folder is removed': ({ root }) => {
    rmSync(root, { recursive: true });
  },
  'its folder is removed and restored': ({ root, older }) => {
    rmSync(root, { recursive: true });
    cpSync(older, root, { recursive: true });
  },
  'it is restored over': ({ root, older }) => {
    cpSync(older, root, { recursive: true, force: true });
  },
  'LOCK is removed': ({ root }) => {
    rmSync(path.join(root, 'LOCK'));
  },
  'LOCK is replaced': ({ root }) => {
    rmSync(path.join(root, 'LOCK'));
    writeFileSync(path.join(root, 'LOCK'), '');
  },
  'the manifest is removed': ({ root }) => {
    rmSync(path.join(root, 'MANIFEST.json'));
  },
  'the manifest is replaced': ({ root, older }) => {
    copyFileSync(path.join(older, 'MANIFEST.json'), path.join(root, 'new'));
    renameSync(path.join(root, 'new'), path.join(root, 'MANIFEST.json'));
  },
  'the manifest is written over': ({ root, older }) => {
    copyFileSync(path.join(older, 'MANIFEST.json'), path.join(root, 'MANIFEST.json'));
  },
  'the segment is removed': ({ segment }) => {
    rmSync(segment);
  },
  'the segment is replaced': ({ segment }) => {
    copyFileSync(segment, `${segment}.new`);
    renameSync(`${segment}.new`, segment);
  },
  'the segment is cut': ({ segment }) => {
    truncateSync(segment, 10);
  },
  'the segment is appended to': ({ segment }) => {
    appendFileSync(segment, 'xxxx');
  },
  'the segment is written over, in the same length': ({ segment }) => {
    writeFileSync(segment, Buffer.alloc(statSync(segment).size, 7));
  },
  'the segment gets a second name': ({ segment }) => {
    linkSync(segment, `${segment}.link`);
  },
  'the folder of the segment is moved': ({ segment }) => {
    renameSync(path.dirname(segment), `${path.dirname(segment)}-moved`);
  },
};

const DEEDS: Readonly<Record<string, (store: StateDirectory) => Promise<unknown>>> = {
  put: (store) => {
    store.put(bytes('late'), bytes('x'));
    return store.sync();
  },
  delete: (store) => {
    store.delete(bytes('a'));
    return store.sync();
  },
  commit: (store) => {
    store.put(bytes('late'), bytes('x'));
    return store.commit(new Map([['source', 1n]]), undefined);
  },
  checkpoint: (store) => store.checkpoint(),
  compact: (store) => store.compact(),
};

async function sceneIn(folder: string): Promise<Scene & { readonly store: StateDirectory }> {
  const root = path.join(folder, 'orders');
  const older = path.join(folder, 'older');
  StateDirectory.create(root, { cores: 1 });
  cpSync(root, older, { recursive: true });
  const store = await StateDirectory.open(root);
  store.put(bytes('a'), bytes('1'));
  await store.sync();
  return { folder, root, older, segment: path.join(root, 'wal', '1', 'wal-0.log'), store };
}

/** Every file under a folder with its bytes. */
function treeOf(root: string): Record<string, string> {
  try {
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
    const files = names.filter((name) => statSync(path.join(root, name)).isFile());
    return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(root, name), 'latin1')]));
  } catch {
    return {};
  }
}

for (const [way, change] of Object.entries(WAYS)) {
  for (const [deed, act] of Object.entries(DEEDS)) {
    test(`${deed} is not acknowledged after ${way}, and nothing at the path is touched`, async (t) => {
      const { store, ...scene } = await sceneIn(tempDir(t));
      change(scene);
      const before = treeOf(scene.root);
      const error = await t.throwsAsync(act(store));
      t.true(isStatelogError(error, 'STORE_REPLACED'), String(error));
      t.true(error.message.includes(`the store at ${scene.root} is no longer the one that was opened`));
      await t.throwsAsync(store.sync(), { code: 'POISONED' });
      store.close();
      const isSameInode = /segment|manifest|LOCK/.test(way) || way === 'it is restored over';
      if (!isSameInode) t.deepEqual(treeOf(scene.root), before);
      t.deepEqual(Object.keys(treeOf(scene.root)).sort(), Object.keys(before).sort());
    });
  }
}

test('a second writer is kept out though LOCK was removed, by the folder that both lock', async (t) => {
  const { store, root } = await sceneIn(tempDir(t));
  rmSync(path.join(root, 'LOCK'));
  await t.throwsAsync(StateDirectory.open(root), { code: 'LOCKED' });
  store.close();
  const next = await StateDirectory.open(root);
  next.put(bytes('b'), bytes('2'));
  await next.sync();
  next.close();
});

test('a checkpoint that was begun before the store was closed changes nothing afterwards', async (t) => {
  const { store, root } = await sceneIn(tempDir(t));
  store.put(bytes('b'), bytes('2'));
  const begun = store.checkpoint();
  store.close();
  const before = treeOf(root);
  await t.throwsAsync(begun, { code: 'CLOSED' });
  t.deepEqual(treeOf(root), before);
});

const FOLD_WAYS: Readonly<Record<string, (file: string) => void>> = {
  removed: (file) => {
    rmSync(file);
  },
  moved: (file) => {
    renameSync(file, `${file}-moved`);
  },
  replaced: (file) => {
    copyFileSync(file, `${file}.new`);
    renameSync(`${file}.new`, file);
  },
  cut: (file) => {
    truncateSync(file, 6);
  },
  'appended to': (file) => {
    appendFileSync(file, 'xxxx');
  },
  'written over, in the same length': (file) => {
    writeFileSync(file, Buffer.alloc(statSync(file).size, 7));
  },
};

for (const [way, change] of Object.entries(FOLD_WAYS)) {
  test(`an apply, a checkpoint and a compaction of a fold log that was ${way} are refused`, (t) => {
    for (const deed of ['apply', 'checkpoint', 'compact'] as const) {
      const folder = path.join(tempDir(t), deed);
      mkdirSync(folder);
      const file = path.join(folder, 'log.snap');
      const { store } = AppendLogFold.open(file);
      store.apply([KvUpdate.put('a', bytes('1'))], WatchCursor.fromU64(1n));
      change(file);
      const before = treeOf(folder);
      const error = t.throws(() => {
        if (deed === 'apply') store.apply([KvUpdate.put('b', bytes('2'))], WatchCursor.fromU64(2n));
        else if (deed === 'checkpoint') store.checkpoint(WatchCursor.fromU64(3n));
        else store.compact();
      });
      // A log that was written over is no longer readable at all.
      t.true(
        isStatelogError(error, 'STORE_REPLACED') ||
          isStatelogError(error, 'DAMAGED') ||
          isStatelogError(error, 'IO_FAILED'),
        String(error),
      );
      store.close();
      if (!/cut|over|appended/.test(way)) t.deepEqual(treeOf(folder), before);
    }
  });
}

test('a bare segment that is open for writing is locked', (t) => {
  const file = path.join(tempDir(t), 'wal-0.log');
  const writer = CoreWalWriter.create(0, file);
  writer.appendPut(bytes('a'), bytes('1'));
  writer.sync();
  t.throws(() => CoreWalWriter.openAt(0, file, writer.position), { code: 'LOCKED' });
  const { position } = writer;
  writer.close();
  CoreWalWriter.openAt(0, file, position).close();
});
