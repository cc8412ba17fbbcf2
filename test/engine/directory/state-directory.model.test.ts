import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { compareBytes } from '../../../src/engine/bytes/compare.js';
import type { OpenStoreOptions } from '../../../src/engine/directory/directory-options.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import type { Entry, EntryRange } from '../../../src/engine/entry-cursor.js';
import { isInRange } from '../../../src/engine/entry-range.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { SimulatedFileSystem } from '../../simulated-disk/index.js';
import { tempDir } from '../../support/temp-dir.js';
import { STEP_BY_STEP } from '../../torture/crash/directory-workloads.js';

const keys = fc.uint8Array({ maxLength: 3, max: 5 });
const bound = fc.option(keys, { nil: undefined });
const steps = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        step: fc.constant('put' as const),
        key: keys,
        value: fc.uint8Array({ maxLength: 40 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ step: fc.constant('delete' as const), key: keys }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('sync' as const) }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('checkpoint' as const) }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('compact' as const) }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('reopen' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ step: fc.constant('commit' as const), lines: fc.bigInt(0n, 2n ** 64n - 1n) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        step: fc.constant('scan' as const),
        range: fc.record({ prefix: bound, from: bound, after: bound, to: bound, reverse: fc.boolean() }),
      }),
    },
  ),
  { maxLength: 60 },
);

type Step = (typeof steps extends fc.Arbitrary<infer S> ? S : never)[number];

/** The store's model: a map of hex keys, and what was committed. */
class Model {
  readonly entries = new Map<string, Uint8Array>();
  lines: bigint | undefined;

  scan(range: EntryRange): string[] {
    const all = [...this.entries].map(([hex, value]) => ({
      key: new Uint8Array(Buffer.from(hex, 'hex')),
      value,
    }));
    const inside = all.filter(({ key }) => isInRange(key, range)).sort((a, b) => compareBytes(a.key, b.key));
    return (range.reverse === true ? inside.reverse() : inside).map(shown);
  }
}

function shown({ key, value }: Entry): string {
  return `${Buffer.from(key).toString('hex')}=${Buffer.from(value).toString('hex')}`;
}

function same(found: readonly string[], expected: readonly string[], what: string): void {
  if (found.join() !== expected.join()) throw new Error(`${what}: ${found.join()} for ${expected.join()}`);
}

async function run(
  store: StateDirectory,
  model: Model,
  step: Step,
  options: OpenStoreOptions,
): Promise<StateDirectory> {
  switch (step.step) {
    case 'put':
      store.put(step.key, step.value);
      model.entries.set(Buffer.from(step.key).toString('hex'), step.value);
      return store;
    case 'delete': {
      const there = model.entries.delete(Buffer.from(step.key).toString('hex'));
      if (store.delete(step.key) !== there) throw new Error('delete');
      return store;
    }
    case 'sync':
      await store.sync();
      return store;
    case 'checkpoint':
      await store.checkpoint();
      return store;
    case 'compact':
      await store.compact();
      return store;
    case 'commit':
      await store.commit(new Map([['s', step.lines]]), step.lines === 7n ? undefined : 5n);
      model.lines = step.lines;
      return store;
    case 'scan':
      same([...store.scan(step.range)].map(shown), model.scan(step.range), 'scan');
      if (store.count(step.range) !== model.scan(step.range).length) throw new Error('count');
      return store;
    case 'reopen': {
      await store.sync();
      store.close();
      const reader = StateDirectory.openReadOnly(store.path, options);
      same([...reader.scan()].map(shown), model.scan({}), 'reader');
      reader.close();
      return StateDirectory.open(store.path, options);
    }
  }
}

/** Runs a list of steps on a fresh store, and compares it with the model after each. */
async function agree(
  list: readonly Step[],
  folder: string,
  cores: number,
  options: OpenStoreOptions & { readonly fileSystem: FileSystem },
): Promise<void> {
  StateDirectory.create(folder, { cores, fileSystem: options.fileSystem });
  const model = new Model();
  let store = await StateDirectory.open(folder, options);
  for (const step of [...list, { step: 'reopen' as const }]) {
    store = await run(store, model, step, options);
    // Each lookup would take the log in.
    if (options.writesOnly === true) continue;
    for (const [hex, value] of model.entries) {
      const found = store.get(new Uint8Array(Buffer.from(hex, 'hex')));
      if (found === undefined || compareBytes(found, value) !== 0) throw new Error(`get ${hex}`);
    }
  }
  if (store.progress.sources.get('s') !== model.lines) throw new Error('lines');
  same([...store.scan()].map(shown), model.scan({}), 'at the end');
  store.close();
}

for (const cores of [1, 4]) {
  test(`a state directory of ${cores} cores does what a map does, reopens included`, async (t) => {
    await t.notThrowsAsync(
      fc.assert(
        fc.asyncProperty(steps, async (list) => {
          const fileSystem = new SimulatedFileSystem();
          await agree(list, '/store', cores, { fileSystem });
          if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join()}`);
        }),
        { numRuns: 150 },
      ),
    );
  });

  test(`a state directory of ${cores} cores that is always making a checkpoint does what a map does`, async (t) => {
    await t.notThrowsAsync(
      fc.assert(
        fc.asyncProperty(steps, async (list) => {
          const fileSystem = new SimulatedFileSystem();
          await agree(list, '/store', cores, { fileSystem, pace: STEP_BY_STEP });
          if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join()}`);
        }),
        { numRuns: 100 },
      ),
    );
  });

  test(`a state directory of ${cores} cores that takes its log in late does what a map does`, async (t) => {
    await t.notThrowsAsync(
      fc.assert(
        fc.asyncProperty(steps, fc.boolean(), async (list, isSteady) => {
          const fileSystem = new SimulatedFileSystem();
          const options = { fileSystem, writesOnly: true, pace: isSteady ? undefined : STEP_BY_STEP };
          await agree(list, '/store', cores, options);
          if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join()}`);
        }),
        { numRuns: 150 },
      ),
    );
  });

  test(`a state directory of ${cores} cores does the same on the real disk`, async (t) => {
    const root = tempDir(t);
    let number = 0;
    await t.notThrowsAsync(
      fc.assert(
        fc.asyncProperty(steps, async (list) => {
          await agree(list, path.join(root, `store-${number++}`), cores, { fileSystem: realFileSystem() });
        }),
        { numRuns: 8 },
      ),
    );
  });
}
