import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { AppendLogSnapshot } from '../src/engine/artifact/backends/append-log-snapshot.js';
import { KvUpdate } from '../src/engine/fold/format/update.js';
import { WatchCursor } from '../src/engine/fold/format/watch-cursor.js';
import { prepareExport } from '../src/engine/transfer/export-store.js';
import { importStore } from '../src/engine/transfer/import-store.js';
import { fillDirectory } from './directory/fill.js';
import { sequentialKeys, VALUE } from './frame/data.js';
import type { BenchTask, BenchTopic, Contender } from './frame/task.js';
import { milliseconds, millisecondsAwaited, nsEach } from './frame/timing.js';

const LONG_VALUE = new Uint8Array(4096).fill(0x42);
const SECONDS = 1_700_000_000;

/** Exports and imports: of the originals' sort of fold, of a state directory, and beside a plain copy. */
export const artifactTopic: BenchTopic = {
  id: 'artifact',
  title: 'exports and imports, complete and on disk when they return; values of 100 bytes, and of 4,096',
  async run(task) {
    const { keys, fileMegabytes } = task.scale;
    const longKeys = Math.ceil((fileMegabytes * 1e6) / LONG_VALUE.length);
    await measureFold(task, keys);
    await measureDirectory(task, keys);
    await measureCopies(task, longKeys);
  },
};

function makeFold(path: string, count: number, value: Uint8Array): void {
  const { store } = AppendLogSnapshot.open(path, Infinity);
  for (const key of sequentialKeys(count)) store.write(KvUpdate.put(key, value));
  store.checkpoint(WatchCursor.fromU64(1n));
  store.compact();
  store.close();
}

async function measureFold(task: BenchTask, count: number): Promise<void> {
  const path = task.fresh('fold', 'bench.snap');
  makeFold(path, count, VALUE);
  const { store } = AppendLogSnapshot.open(path, Infinity);
  const artifact = task.fresh('fold-artifact', 'artifact');
  await task.measure(
    {
      id: 'fold-export',
      title: 'export a fold to a folder, an entry',
      unit: 'ns',
      original: { name: 'fold export_to' },
    },
    () =>
      nsEach(count, () => {
        rmSync(artifact, { recursive: true, force: true });
        store.exportTo(artifact);
      }),
  );
  store.close();
  const copy = task.fresh('fold-copy', 'copy.snap');
  await task.measure(
    { id: 'fold-import', title: 'import a fold, an entry', unit: 'ns', original: { name: 'fold import' } },
    () => {
      rmSync(copy, { force: true });
      let imported: AppendLogSnapshot | undefined;
      const spent = nsEach(count, () => {
        imported = AppendLogSnapshot.import(artifact, copy, Infinity).store;
      });
      imported?.close();
      return spent;
    },
  );
}

function exportTo(source: string, destination: string): void {
  rmSync(destination, { recursive: true, force: true });
  const prepared = prepareExport({ source, createdAtUnix: SECONDS });
  prepared.writeTo(destination, 'folder');
  prepared.close();
}

async function importTo(source: string, destination: string): Promise<number> {
  rmSync(destination, { recursive: true, force: true });
  return millisecondsAwaited(async () => {
    await importStore({ source, destination });
  });
}

async function measureDirectory(task: BenchTask, count: number): Promise<void> {
  const root = task.fresh('directory', 'store');
  await fillDirectory(root, sequentialKeys(count), VALUE);
  const artifact = task.fresh('directory-artifact', 'artifact');
  const exporting = { name: 'fold export_to' };
  await task.measure(
    {
      id: 'state-export',
      title: 'export a state directory to a folder, an entry',
      unit: 'ns',
      original: exporting,
    },
    () =>
      nsEach(count, () => {
        exportTo(root, artifact);
      }),
  );
  const copy = task.fresh('directory-copy', 'store');
  await task.measure(
    {
      id: 'state-import',
      title: 'import a state directory, an entry',
      unit: 'ns',
      original: { name: 'fold import' },
    },
    async () => ((await importTo(artifact, copy)) * 1e6) / count,
  );
}

/** Large values, where copying bytes is most of the work: beside `cp`, which neither checks nor syncs. */
async function measureCopies(task: BenchTask, count: number): Promise<void> {
  const fold = task.fresh('long-fold', 'bench.snap');
  makeFold(fold, count, LONG_VALUE);
  const root = task.fresh('long-directory', 'store');
  await fillDirectory(root, sequentialKeys(count), LONG_VALUE);
  const megabytes = Math.round((count * LONG_VALUE.length) / 1e6);
  for (const [id, source, name] of [
    ['fold', fold, 'a fold'],
    ['state', root, 'a state directory'],
  ] as const) {
    const artifact = task.fresh('long-artifact', 'artifact');
    const exported: Contender = {
      side: 'statelog',
      run: () =>
        milliseconds(() => {
          exportTo(source, artifact);
        }),
    };
    await task.compare(
      { id: `${id}-export-long`, title: `export ${name} of ${megabytes} MB to a folder`, unit: 'ms' },
      [exported, ...plainCopies(task, artifact)],
    );
    const copy = task.fresh('long-copy', 'copy.snap');
    await task.compare({ id: `${id}-import-long`, title: `import ${name} of ${megabytes} MB`, unit: 'ms' }, [
      { side: 'statelog', run: () => importTo(artifact, copy) },
      ...plainCopies(task, artifact),
    ]);
  }
}

/** Milliseconds that `cp` takes for a folder, without sharing its blocks; and with a sync of what it made. */
function plainCopies(task: BenchTask, from: string): Contender[] {
  const run = (isSynced: boolean) => (): number => {
    const to = task.fresh('cp', 'copy');
    return milliseconds(() => {
      runProgram('cp', ['-r', '--reflink=never', from, to]);
      if (isSynced) runProgram('sync', filesIn(to));
    });
  };
  return [
    { side: 'cp', run: run(false) },
    { side: 'cp, synced', run: run(true) },
  ];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));
}

function runProgram(program: string, programArguments: readonly string[]): void {
  const { status, stderr } = spawnSync(program, programArguments);
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr.toString()}`);
}
