import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { StatelogError } from '../../../src/engine/errors.js';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { repairPath } from '../../../src/engine/repair/repair-path.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { prepareExport } from '../../../src/engine/transfer/export-store.js';
import { importStore } from '../../../src/engine/transfer/import-store.js';
import { everythingIn } from '../../support/everything-in.js';
import { swappingFileSystem } from '../../support/swapping-file-system.js';
import { tempDir } from '../../support/temp-dir.js';

/*
 * Somebody who can write in a store's folder, or in the folder that it lies in, puts a link in a folder's place while another
 * user's run is at work there: before this and that call of the run, one after the other. What the link leads to has all that
 * the folder has, so that every name is found there; it stays as it is.
 */

const disk = realFileSystem();
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function writeTo(log: AppendLogFold, key: string): void {
  log.apply([KvUpdate.put(key, text('1'))], log.cursor);
}

/** A folder in which everybody may write, with a store, a fold log and a snapshot, each in a folder of its own. */
async function makeHome(home: string): Promise<void> {
  for (const name of ['', 'logs', 'out', 'in']) mkdirSync(path.join(home, name));
  const root = path.join(home, 'store');
  StateDirectory.create(root);
  const store = await StateDirectory.open(root);
  store.put(text('a'), text('1'));
  await store.checkpoint();
  store.put(text('b'), text('2'));
  await store.sync();
  store.close();
  const snapshot = prepareExport({ source: root, createdAtUnix: 0 });
  snapshot.writeTo(path.join(home, 'in', 'snapshot'), 'folder');
  snapshot.close();
  // An unfinished write, and what a crash left.
  const wal = path.join(root, 'wal', '2');
  writeFileSync(path.join(wal, 'wal-0.log'), 'torn', { flag: 'a' });
  for (const name of ['broken', 'checkpoints/2', 'wal/3'])
    cpSync(wal, path.join(root, name), { recursive: true });
  const { store: log } = AppendLogFold.open(path.join(home, 'logs', 'log.snap'));
  writeTo(log, 'a');
  log.close();
  for (const name of ['.', ...readdirSync(home, { recursive: true, encoding: 'utf8' })]) {
    const place = path.join(home, name);
    if (lstatSync(place).isDirectory()) chmodSync(place, 0o777);
  }
}

/** What is done in `home`, and which folder is swapped meanwhile. */
interface Scene {
  readonly work: (fileSystem: FileSystem, home: string) => Promise<unknown>;
  readonly folder: (home: string) => string | undefined;
  /** What the link leads to has what this folder has (default: the one that is swapped). */
  readonly like?: string;
  /** What the work needs of a home. */
  readonly needs: readonly string[];
  /** The call with which it begins: before it the path alone is looked at, which is the user's to name. */
  readonly first?: number;
  /** Long work is tried at every so many calls. */
  readonly step: number;
}

async function writeStore(fileSystem: FileSystem, home: string): Promise<void> {
  const store = await StateDirectory.open(path.join(home, 'store'), { fileSystem });
  try {
    store.put(text('c'), text('3'));
    await store.sync();
    await store.checkpoint({ keep: 1 });
  } finally {
    store.close();
  }
}

async function writeLog(fileSystem: FileSystem, home: string): Promise<void> {
  const { store } = AppendLogFold.open(path.join(home, 'logs', 'log.snap'), undefined, { fileSystem });
  try {
    writeTo(store, 'b');
    store.compact();
  } finally {
    store.close();
  }
  await Promise.resolve();
}

async function importSnapshot(fileSystem: FileSystem, home: string): Promise<void> {
  const source = path.join(home, 'in', 'snapshot');
  await importStore({ fileSystem, source, destination: path.join(home, 'out', 'new') });
}

async function exportLog(fileSystem: FileSystem, home: string): Promise<void> {
  const snapshot = prepareExport({
    fileSystem,
    source: path.join(home, 'logs', 'log.snap'),
    createdAtUnix: 0,
  });
  try {
    snapshot.writeTo(path.join(home, 'out', 'new'), 'folder');
  } finally {
    snapshot.close();
  }
  await Promise.resolve();
}

async function repairStore(fileSystem: FileSystem, home: string): Promise<void> {
  const events = repairPath({
    fileSystem,
    path: path.join(home, 'store'),
    into: path.join(home, 'out', 'new'),
  });
  while ((await events.next()).done !== true);
}

const inStore = (name: string): Scene => ({
  work: writeStore,
  folder: (home) => path.join(home, 'store', name),
  needs: ['store'],
  step: 2,
});
const staging = (work: Scene['work'], ...needs: string[]): Scene => ({
  work,
  needs: [...needs, 'out'],
  step: 9,
  folder: (home) => {
    const out = path.join(home, 'out');
    const name = readdirSync(out).find((one) => /^\.new\.tmp-[0-9a-f]{12}$/.test(one));
    return name === undefined ? undefined : path.join(out, name);
  },
  like: '.',
});

const scenes: Record<string, Scene> = {
  'the logs of a store': inStore('wal'),
  'the log that is written': inStore('wal/2'),
  'a log that a crash left': inStore('wal/3'),
  checkpoints: inStore('checkpoints'),
  'the last checkpoint': inStore('checkpoints/1'),
  'a checkpoint that a crash left': inStore('checkpoints/2'),
  'copies of what is cut': inStore('broken'),
  'the store': { ...inStore('.'), first: 12 },
  'the folder of a fold log': {
    work: writeLog,
    folder: (home) => path.join(home, 'logs'),
    needs: ['logs'],
    first: 12,
    step: 1,
  },
  'what an import puts together': staging(importSnapshot, 'in'),
  'what an export puts together': staging(exportLog, 'logs'),
  'what a repair puts together': staging(repairStore, 'store'),
  'where an import goes': {
    ...staging(importSnapshot, 'in'),
    folder: (home) => path.join(home, 'out'),
    first: 12,
  },
};

for (const [name, scene] of Object.entries(scenes)) {
  test(`a link in the place of a folder leads nobody elsewhere, at whichever moment it is put there: ${name}`, async (t) => {
    const folder = tempDir(t);
    const template = path.join(folder, 'template');
    await makeHome(template);
    let swaps = 0;
    for (let call = scene.first ?? 0; ; call += scene.step) {
      const home = path.join(folder, `home-${call}`);
      const target = path.join(folder, `target-${call}`);
      mkdirSync(home);
      chmodSync(home, 0o777);
      for (const part of scene.needs)
        cpSync(path.join(template, part), path.join(home, part), { recursive: true });
      cpSync(scene.like === undefined ? scene.folder(home)! : path.join(home, scene.like), target, {
        recursive: true,
      });
      const before = everythingIn(target);
      const { fileSystem, isSwapped } = swappingFileSystem(disk, () => scene.folder(home), target, call);
      await scene.work(fileSystem, home).catch((error: unknown) => {
        if (!(error instanceof StatelogError)) throw error;
      });
      if (!isSwapped()) break;
      swaps++;
      t.deepEqual(everythingIn(target), before, `put there before call ${call}`);
    }
    t.true(swaps > 10);
  });
}
