import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { tempDir } from '../../support/temp-dir.js';
import {
  applyToModel,
  applyToStore,
  compareWithModel,
  type Model,
  type Step,
  stepsOf,
} from './state-model.js';

function expecting(t: ExecutionContext) {
  return (actual: unknown, expected: unknown, what: string): void => {
    if (!isSame(actual, expected)) {
      t.log(what, actual, expected);
      throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
    }
  };
}

function isSame(actual: unknown, expected: unknown): boolean {
  return actual === expected || JSON.stringify(actual) === JSON.stringify(expected);
}

/** Runs steps on a store on disk; `crash` forgets what was not saved, as a kill would. */
function runOnDisk(
  t: ExecutionContext,
  open: () => MmapStateStore,
  openReadOnly: () => MmapStateStore,
  steps: readonly Step[],
): void {
  const expect = expecting(t);
  const model: Model = new Map();
  let saved: Model = new Map();
  let store = open();
  for (const step of steps) {
    if (step.op === 'reopen') store.flush();
    if (step.op === 'reopen' || step.op === 'crash') {
      if (step.op === 'reopen') saved = new Map(model);
      store.close();
      store = open();
      model.clear();
      for (const [key, value] of saved) model.set(key, value);
      compareWithModel(store, model, expect);
      continue;
    }
    applyToStore(store, model, step, expect);
    applyToModel(model, step);
    if (step.op === 'flush' || step.op === 'saveIndex' || step.op === 'compact') {
      saved = new Map(model);
      const reader = openReadOnly();
      compareWithModel(reader, model, expect);
      expect(reader.fragmentation, store.fragmentation, 'fragmentation');
      reader.close();
    }
  }
  compareWithModel(store, model, expect);
  store.close();
}

test('a store in memory does what a map does', (t) => {
  const expect = expecting(t);
  fc.assert(
    fc.property(stepsOf, fc.nat(20_000), fc.boolean(), (steps, capacity, autoCompact) => {
      const store = MmapStateStore.inMemory(capacity, { autoCompact });
      const model: Model = new Map();
      for (const step of steps) {
        if (step.op === 'reopen' || step.op === 'crash') continue;
        applyToStore(store, model, step, expect);
        applyToModel(model, step);
      }
      compareWithModel(store, model, expect);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('a store on disk does what a map does, and after a crash what it did when it was saved', (t) => {
  const folder = tempDir(t);
  let count = 0;
  fc.assert(
    fc.property(
      stepsOf,
      fc.constantFrom('always' as const, 'never' as const, 'when-worth-it' as const),
      (steps, mapping) => {
        count += 1;
        const file = path.join(folder, `${count}.db`);
        runOnDisk(
          t,
          () => MmapStateStore.persistent(file, 0),
          () => MmapStateStore.openReadOnly(file, { mapping }),
          steps,
        );
      },
    ),
    { numRuns: 60 },
  );
  t.pass();
});

test('the same on a simulated disk, with and without mappings', (t) => {
  fc.assert(
    fc.property(stepsOf, fc.boolean(), (steps, canMap) => {
      const fileSystem = new SimulatedFileSystem({ canMap });
      runOnDisk(
        t,
        () => MmapStateStore.persistent('/state.db', 0, { fileSystem }),
        () => MmapStateStore.openReadOnly('/state.db', { fileSystem, mapping: 'always' }),
        steps,
      );
      if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join(' ')}`);
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('opening a store maps nothing: its first lookup does', (t) => {
  let mapped = 0;
  const fileSystem = new SimulatedFileSystem({
    canMap: true,
    plan: ({ name }) => {
      if (name === 'mmap') mapped += 1;
      return undefined;
    },
  });
  const writer = MmapStateStore.persistent('/state.db', 0, { fileSystem });
  writer.put(Uint8Array.of(1), Uint8Array.of(2));
  writer.flush();
  writer.close();
  mapped = 0;
  const store = MmapStateStore.openReadOnly('/state.db', { fileSystem, mapping: 'always' });
  t.is(mapped, 0);
  t.deepEqual([...(store.get(Uint8Array.of(1)) ?? [])], [2]);
  t.is(mapped, 2);
  store.close();
});

test('lookups stay right when so many are made of a store on disk that it keeps the top of its index', (t) => {
  const file = path.join(tempDir(t), 'many.db');
  const keyOf = (number: number): Buffer => Buffer.from(`key:${String(number).padStart(6, '0')}`);
  const writer = MmapStateStore.persistent(file, 0);
  for (let number = 0; number < 18_000; number += 2) writer.put(keyOf(number), keyOf(number));
  writer.flush();
  writer.close();
  for (const mapping of ['always', 'never'] as const) {
    const store = MmapStateStore.openReadOnly(file, { mapping });
    for (let lookup = 0; lookup < 9000; lookup++) {
      const number = (lookup * 7919) % 18_000;
      const key = keyOf(number);
      const isThere = number % 2 === 0;
      if (store.findAt(key, 0, key.length) !== isThere) t.fail(`${number}, ${mapping}`);
      const value = store.getRef(key);
      if (isThere ? !key.equals(value ?? new Uint8Array(0)) : value !== undefined)
        t.fail(`${number}, ${mapping}`);
    }
    store.close();
  }
  t.pass();
});

test('a key is found where it stands in a buffer, within it only', (t) => {
  const store = MmapStateStore.inMemory(0);
  store.put(Uint8Array.of(1, 2), Uint8Array.of(7, 8, 9));
  const buffer = Uint8Array.of(0, 1, 2, 3);
  t.true(store.findAt(buffer, 1, 2));
  t.deepEqual([...store.viewAt(store.foundOffset, store.foundLength)], [7, 8, 9]);
  t.false(store.findAt(buffer, 1, 3));
  t.is(store.foundLength, 3);
  for (const [start, length] of [
    [3, 2],
    [-1, 2],
    [0, -1],
  ] as const) {
    t.throws(() => store.findAt(buffer, start, length), { instanceOf: RangeError });
  }
  store.close();
  t.throws(() => store.findAt(buffer, 1, 2), { code: 'CLOSED' });
});
