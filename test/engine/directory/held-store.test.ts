import {
  appendFileSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { withReplaced } from '../../../src/engine/storage-io/views/replaced-members.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { LOG_WAYS, STORE_WAYS, treeOf, type Scene } from '../../support/other-hands.js';
import { tempDir } from '../../support/temp-dir.js';

const bytes = (text: string): Buffer => Buffer.from(text);

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

for (const [way, change] of Object.entries(STORE_WAYS)) {
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

test('the record of a clean close goes to the store that is held, and not to one that was restored in the moment of its close', async (t) => {
  const folder = tempDir(t);
  const { store, root, older } = await sceneIn(folder);
  store.close();
  const away = path.join(folder, 'away');
  const real = realFileSystem();
  const fileSystem = withReplaced(real, {
    openOrCreate: (file, links) => {
      if (file.endsWith('CLOSED')) {
        renameSync(root, away);
        cpSync(older, root, { recursive: true });
      }
      return real.openOrCreate(file, links);
    },
  });
  const next = await StateDirectory.open(root, { fileSystem });
  next.put(bytes('b'), bytes('2'));
  await next.sync();
  rmSync(path.join(root, 'CLOSED'));
  next.close();
  t.deepEqual(treeOf(root), treeOf(older));
  t.true('CLOSED' in treeOf(away));
});

for (const deed of ['checkpoint', 'compact'] as const) {
  test(`a ${deed} whose store is moved away once its manifest is in place tells of that, and of no damage`, async (t) => {
    const folder = tempDir(t);
    const { store, root } = await sceneIn(folder);
    store.close();
    const away = path.join(folder, 'away');
    const real = realFileSystem();
    const fileSystem = withReplaced(real, {
      rename: (from, to) => {
        real.rename(from, to);
        if (path.basename(to) === 'MANIFEST.json') renameSync(root, away);
      },
    });
    const next = await StateDirectory.open(root, { fileSystem });
    await t.throwsAsync(DEEDS[deed]!(next), { code: 'STORE_REPLACED' });
    next.close();
    t.false(existsSync(root));
    const moved = StateDirectory.openReadOnly(away);
    t.deepEqual(moved.get(bytes('a')), new Uint8Array(bytes('1')));
    moved.close();
  });
}

for (const [way, change] of Object.entries(LOG_WAYS)) {
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

for (const what of [
  'a link that takes the place of a torn log',
  'another log that takes the place of a torn log',
]) {
  test(`${what} while that is opened for writing is not written over`, (t) => {
    const folder = tempDir(t);
    const at = (name: string): string => path.join(folder, `${name}.snap`);
    for (const name of ['log', 'other']) {
      const { store } = AppendLogFold.open(at(name));
      store.apply([KvUpdate.put(name, bytes('1'))], WatchCursor.fromU64(1n));
      store.close();
    }
    appendFileSync(at('log'), 'torn');
    const before = readFileSync(at('log'));
    const other = readFileSync(at('other'));
    const isLink = what.startsWith('a link');
    const real = realFileSystem();
    const fileSystem = withReplaced(real, {
      createExclusive: (made) => {
        if (!existsSync(at('moved'))) {
          renameSync(at('log'), at('moved'));
          if (isLink) symlinkSync(at('moved'), at('log'));
          else renameSync(at('other'), at('log'));
        }
        return real.createExclusive(made);
      },
    });
    t.throws(() => AppendLogFold.open(at('log'), Infinity, { fileSystem }), { code: 'STORE_REPLACED' });
    t.is(lstatSync(at('log')).isSymbolicLink(), isLink);
    t.deepEqual(readFileSync(at('moved')), before);
    t.deepEqual(readFileSync(at('log')), isLink ? before : other);
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

/** A disk on which something happens before the n-th sync of a file's data. */
function beforeSync(number: number, act: () => void): FileSystem {
  const real = realFileSystem();
  let syncs = 0;
  const counted = (sync: (descriptor: number) => void) => (descriptor: number) => {
    if (++syncs === number) act();
    sync.call(real, descriptor);
  };
  return withReplaced(real, {
    sync: counted(real.sync.bind(real)),
    dataSync: counted(real.dataSync.bind(real)),
  });
}

test('a checkpoint makes and removes nothing in a store that was put there while it was under way', async (t) => {
  for (let number = 1; number <= 6; number++) {
    const folder = path.join(tempDir(t), String(number));
    mkdirSync(folder);
    const scene = await sceneIn(folder);
    scene.store.close();
    let before: Record<string, string> | undefined;
    let isArmed = false;
    const fileSystem = realFileSystem();
    let syncs = 0;
    const act = (descriptor: number): void => {
      if (isArmed && ++syncs === number) {
        STORE_WAYS['its folder is moved away, and another store put there']!(scene);
        before = treeOf(scene.root);
      }
      fileSystem.sync(descriptor);
    };
    const store = await StateDirectory.open(scene.root, {
      fileSystem: withReplaced(fileSystem, { sync: act, dataSync: act }),
    });
    store.put(bytes('b'), bytes('2'));
    await store.sync();
    isArmed = true;
    const error = await t.throwsAsync(store.checkpoint());
    if (before === undefined) break;
    t.true(isStatelogError(error, 'STORE_REPLACED'), `${number}: ${String(error)}`);
    store.close();
    t.deepEqual(treeOf(scene.root), before, String(number));
  }
});

test('a manifest that goes while its store is opened is told of', async (t) => {
  for (let number = 1; number <= 3; number++) {
    const folder = path.join(tempDir(t), String(number));
    mkdirSync(folder);
    const scene = await sceneIn(folder);
    scene.store.close();
    const fileSystem = beforeSync(number, () => {
      STORE_WAYS['the manifest is removed']!(scene);
    });
    const error = await t.throwsAsync(async () => {
      (await StateDirectory.open(scene.root, { fileSystem })).close();
      throw new Error('it was opened before that sync');
    });
    t.true(isStatelogError(error) || error.message.startsWith('it was opened'), String(error));
  }
});

test('what is appended to a state file is not seen under a name that the store did not give it', async (t) => {
  const scene = await sceneIn(tempDir(t));
  await scene.store.checkpoint();
  const elsewhere = path.join(scene.folder, 'elsewhere');
  linkSync(path.join(scene.root, 'checkpoints', '1', 'state-0.db'), elsewhere);
  const before = readFileSync(elsewhere);
  scene.store.put(bytes('b'), bytes('2'));
  await scene.store.checkpoint();
  scene.store.close();
  t.deepEqual(readFileSync(elsewhere), before);
  const again = StateDirectory.openReadOnly(scene.root);
  t.deepEqual(Buffer.from(again.get(bytes('b'))!), bytes('2'));
});
