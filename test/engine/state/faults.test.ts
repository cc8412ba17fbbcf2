import test from 'ava';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { isStatelogError, type StatelogError } from '../../../src/engine/errors.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import type { SimulatedDisk } from '../../simulated-disk/index.js';
import {
  combinePlans,
  failAt,
  type FaultPlan,
  shortWriteAt,
  SimulatedFileSystem,
} from '../../simulated-disk/index.js';
import { failureOf } from '../../support/failure.js';

const PATH = '/state.db';

/** What was saved, and what may have been: the content is one of both. */
interface Outcome {
  readonly contents: readonly string[];
  readonly error: StatelogError | undefined;
  readonly store: MmapStateStore | undefined;
}

function contentOf(store: MmapStateStore): string {
  return [...store.scan()].map(({ key, value }) => `${toHex(key)}=${toHex(value)}`).join(' ');
}

function put(store: MmapStateStore, key: string, length: number): void {
  store.put(Buffer.from(key), new Uint8Array(length).fill(key.charCodeAt(0)));
}

/** Every way in which a store writes; the error that stopped it, if one did. */
function work(fileSystem: SimulatedFileSystem): Outcome {
  let saved = '';
  let saving = '';
  let store: MmapStateStore | undefined;
  const save = (how: 'flush' | 'compact'): void => {
    saving = contentOf(store!);
    store![how]();
    saved = saving;
  };
  try {
    store = MmapStateStore.persistent(PATH, 0, { fileSystem });
    put(store, 'a', 10);
    put(store, 'b', 50_000);
    save('flush');
    store.delete(Buffer.from('a'));
    put(store, 'c', 100);
    save('flush');
    save('compact');
    store.clear();
    put(store, 'd', 40_000);
    put(store, 'e', 1);
    save('flush');
    store.restore(store.snapshot());
    save('flush');
    for (let key = 0; key < 101; key += 1) put(store, `f${key}`, 30);
    for (let round = 0; round < 2; round += 1)
      for (let key = 0; key < 101; key += 1) put(store, `f${key}`, 900);
    save('flush');
    return { contents: [saved], error: undefined, store };
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return { contents: [saved, saving], error, store };
  }
}

/** What a process that comes after finds. */
function contentAfter(disk: SimulatedDisk): string {
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = MmapStateStore.persistent(PATH, 0, { fileSystem });
  const content = contentOf(store);
  put(store, 'z', 3);
  store.flush();
  store.close();
  return content;
}

/** Runs the work with a plan; returns whether the plan did any harm. */
function survives(plan: FaultPlan, what: string): boolean {
  const fileSystem = new SimulatedFileSystem({ plan });
  const { contents, error, store } = work(fileSystem);
  if (error !== undefined && store !== undefined) {
    const isRefusing = [
      () => store.get(Buffer.from('a')),
      () => store.contains(Buffer.from('a')),
      () => {
        put(store, 'x', 1);
      },
      () => store.delete(Buffer.from('a')),
      () => {
        store.flush();
      },
      () => contentOf(store),
    ].every((call) => failureOf(call).code === 'POISONED');
    if (!isRefusing) throw new Error(`${what}: the store goes on after ${error.message}`);
    store.close();
  }
  fileSystem.kill();
  const content = contentAfter(fileSystem.disk);
  if (!contents.includes(content)) throw new Error(`${what}: what was saved is not there`);
  return error !== undefined;
}

function callsOf(): SimulatedFileSystem['log'] {
  const fileSystem = new SimulatedFileSystem({ log: true });
  work(fileSystem);
  return fileSystem.log;
}

for (const errno of ['EIO', 'ENOSPC', 'EDQUOT', 'EFBIG']) {
  for (const when of ['before', 'after'] as const) {
    test(`after any call that failed with ${errno} (${when} it took effect) everything is refused, and nothing saved is lost`, (t) => {
      const calls = callsOf();
      let failed = 0;
      for (const { index, name, path } of calls) {
        if (!['write', 'fallocate', 'fsync', 'fdatasync', 'fsyncFolder', 'rename'].includes(name)) continue;
        if (survives(failAt(index, errno, when), `${errno} ${when} call ${index}, ${name} ${path}`))
          failed += 1;
      }
      t.true(failed > 30, `${failed} calls failed`);
    });
  }
}

test('any other call that fails is told, and nothing saved is lost', (t) => {
  let failed = 0;
  for (const { index, name, path, mutating } of callsOf()) {
    if (mutating && ['write', 'fallocate', 'fsync', 'fdatasync', 'fsyncFolder', 'rename'].includes(name))
      continue;
    const fileSystem = new SimulatedFileSystem({ plan: failAt(index, 'EIO') });
    const { contents, error } = work(fileSystem);
    fileSystem.kill();
    const content = contentAfter(fileSystem.disk);
    if (!contents.includes(content))
      throw new Error(`call ${index}, ${name} ${path}: what was saved is not there`);
    if (error !== undefined) failed += 1;
  }
  t.true(failed > 20, `${failed} calls failed`);
});

test('writes that take fewer bytes than given are gone on with', (t) => {
  const writes = callsOf().filter(({ name }) => name === 'write');
  t.true(writes.length > 10);
  for (const bytes of [1, 31, 4095]) {
    const plan = combinePlans(...writes.map(({ index }) => shortWriteAt(index, bytes)));
    t.false(survives(plan, `${bytes} bytes a write`));
  }
});
