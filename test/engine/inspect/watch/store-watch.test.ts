import test from 'ava';
import fc from 'fast-check';
import { StoreWatch } from '../../../../src/engine/inspect/watch/store-watch.js';
import type { WatchEvent } from '../../../../src/engine/inspect/watch/watch-step.js';
import { createStore, openWritable } from '../../../../src/engine/inspect/open.js';
import type { StoreKind } from '../../../../src/engine/inspect/open-options.js';
import type { WritableStore } from '../../../../src/engine/store/store.js';
import type { FileDescriptor } from '../../../../src/engine/storage-io/interface/file-system.js';
import { withReplaced } from '../../../../src/engine/storage-io/views/replaced-members.js';
import { SimulatedFileSystem } from '../../../simulated-disk/index.js';

const STORE = '/stores/store';
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const textOf = (value: Uint8Array): string => Buffer.from(value).toString();

interface World {
  readonly fileSystem: SimulatedFileSystem;
  readonly kind: StoreKind;
}

function newWorld(kind: StoreKind): World {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/stores');
  createStore(STORE, { fileSystem, kind });
  return { fileSystem, kind };
}

function watchOf({ fileSystem }: World, withContent = true): StoreWatch {
  return new StoreWatch(fileSystem, STORE, { range: undefined, withContent });
}

/** All that there is to tell for now. */
function toldBy(watch: StoreWatch): WatchEvent[] {
  const events: WatchEvent[] = [];
  for (;;) {
    const step = watch.next();
    if (step.type === 'waiting') return events;
    if (step.type !== 'event') throw new Error(`there came ${JSON.stringify(step)}`);
    events.push(step.event);
  }
}

const changesOf = (events: readonly WatchEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.op === 'cursor') return [];
    if (event.op === 'replaced') return ['replaced'];
    return [
      event.value === undefined ? `-${textOf(event.key)}` : `${textOf(event.key)}=${textOf(event.value)}`,
    ];
  });

type Deed =
  | { readonly does: 'put'; readonly key: string; readonly value: string }
  | { readonly does: 'delete'; readonly key: string }
  | { readonly does: 'group'; readonly keys: readonly string[] }
  | { readonly does: 'sync' | 'checkpoint' | 'compact' | 'reopen' | 'look' };

const key = fc.constantFrom('a', 'b', 'c', 'd');
const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ does: fc.constant('put' as const), key, value: fc.constantFrom('1', '2', '') }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('delete' as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('group' as const),
      keys: fc.uniqueArray(key, { minLength: 1 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constantFrom('sync', 'checkpoint', 'compact', 'reopen', 'look') }),
  },
);

/** Does one deed. @returns what a watcher must be told of it */
async function perform(store: WritableStore, one: Deed): Promise<string[]> {
  switch (one.does) {
    case 'put':
      store.put(bytes(one.key), bytes(one.value));
      return [`${one.key}=${one.value}`];
    case 'delete':
      return store.delete(bytes(one.key)) ? [`-${one.key}`] : [];
    case 'group':
      store.writeGroup(one.keys.map((name) => ({ key: bytes(name), value: bytes('group') })));
      return one.keys.map((name) => `${name}=group`);
    case 'checkpoint':
      await store.checkpoint({});
      return [];
    case 'compact':
      await store.sync();
      await store.compact();
      return [];
    case 'sync':
      await store.sync();
      return [];
    case 'look':
    case 'reopen':
      return [];
  }
}

for (const kind of ['directory', 'log'] as const) {
  for (const withContent of [true, false]) {
    test(`whatever is written, each change is told once and in order: ${kind}, ${withContent ? 'all' : 'from now'}`, async (t) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(deed, { maxLength: 12 }),
          fc.array(deed, { maxLength: 40 }),
          async (before, after) => {
            const world = newWorld(kind);
            const open = () => openWritable(STORE, { fileSystem: world.fileSystem });
            let store = await open();
            for (const one of before) await perform(store, one);
            await store.sync();
            const content = [...store.entries()].map(
              (entry) => `${textOf(entry.key)}=${textOf(entry.value)}`,
            );
            const watch = watchOf(world, withContent);
            const state = new Map<string, string>();
            const first = changesOf(toldBy(watch));
            apply(state, first);
            if (withContent)
              t.deepEqual([...state].map(([name, value]) => `${name}=${value}`).sort(), content);
            else t.deepEqual(first, []);

            const due: string[] = [];
            const got: string[] = [];
            for (const one of after) {
              due.push(...(await perform(store, one)));
              if (one.does === 'reopen') {
                await store.sync();
                store.close();
                store = await open();
              }
              if (one.does === 'look') got.push(...changesOf(toldBy(watch)));
              // As a watcher does, whenever the kernel tells of a new name.
              if (one.does === 'compact' || one.does === 'checkpoint' || one.does === 'reopen') watch.hold();
            }
            await store.sync();
            got.push(...changesOf(toldBy(watch)));
            t.deepEqual(got, due);
            t.deepEqual(changesOf(toldBy(watch)), []);
            watch.close();
            store.close();
          },
        ),
        { numRuns: 150 },
      );
    });
  }
}

function apply(state: Map<string, string>, changes: readonly string[]): void {
  for (const change of changes) {
    if (change.startsWith('-')) state.delete(change.slice(1));
    else state.set(change.slice(0, change.indexOf('=')), change.slice(change.indexOf('=') + 1));
  }
}

async function filled(world: World, ...entries: string[]): Promise<void> {
  const store = await openWritable(STORE, { fileSystem: world.fileSystem });
  for (const entry of entries) store.put(bytes(entry), bytes('v'));
  await store.sync();
  store.close();
}

test('a store that is made later is told from its first entry on', async (t) => {
  for (const kind of ['directory', 'log'] as const) {
    const fileSystem = new SimulatedFileSystem();
    fileSystem.makeDirectory('/stores');
    const world = { fileSystem, kind };
    const watch = watchOf(world, false);
    t.deepEqual(toldBy(watch), []);
    createStore(STORE, { fileSystem, kind });
    await filled(world, 'a', 'b');
    t.deepEqual(changesOf(toldBy(watch)), ['a=v', 'b=v']);
    watch.close();
  }
  const nowhere = new SimulatedFileSystem();
  t.throws(() => watchOf({ fileSystem: nowhere, kind: 'log' }), { code: 'NOT_FOUND' });
});

test('a damaged checkpoint is told under the path that the store was named by', async (t) => {
  const world = newWorld('directory');
  const { fileSystem } = world;
  const store = await openWritable(STORE, { fileSystem });
  store.put(bytes('a'), bytes('1'));
  await store.checkpoint({});
  store.close();
  const index = `${STORE}/checkpoints/1/state-0.idx`;
  const descriptor = fileSystem.openReadWrite(index);
  fileSystem.write(descriptor, new Uint8Array(64).fill(0xff), 0, 64, 16);
  fileSystem.close(descriptor);
  const error = t.throws(() => toldBy(watchOf(world)), { code: 'DAMAGED' });
  t.like(error, { details: { path: index } });
});

test('another state directory in the place of the first is said, and told as a whole', async (t) => {
  const world = newWorld('directory');
  await filled(world, 'a');
  const watch = watchOf(world, false);
  t.deepEqual(changesOf(toldBy(watch)), []);
  world.fileSystem.rename(STORE, '/stores/old');
  t.deepEqual(changesOf(toldBy(watch)), []);
  createStore(STORE, { fileSystem: world.fileSystem, kind: 'directory' });
  await filled(world, 'b');
  t.deepEqual(changesOf(toldBy(watch)), ['replaced', 'b=v']);
  await filled(world, 'c');
  t.deepEqual(changesOf(toldBy(watch)), ['c=v']);
  watch.close();
});

for (const call of ['readDirectory', 'openDirectory'] as const) {
  test(`a state directory that is moved away while a watch opens it is as one that is not there yet (${call})`, async (t) => {
    const { fileSystem, kind } = newWorld('directory');
    await filled({ fileSystem, kind }, 'a');
    let isMoved = false;
    const moving = withReplaced(fileSystem, {
      [call]: (folder: string): string[] | FileDescriptor => {
        const found = fileSystem[call](folder);
        if (!isMoved) fileSystem.rename(STORE, '/stores/old');
        isMoved = true;
        return found;
      },
    });
    const watch = new StoreWatch(moving, STORE, { range: undefined, withContent: true });
    t.deepEqual(toldBy(watch), []);
    t.true(isMoved);
    fileSystem.rename('/stores/old', STORE);
    t.deepEqual(changesOf(toldBy(watch)), ['a=v']);
    watch.close();
  });
}

test('another fold log in the place of the first is told by what differs, by value and revision', async (t) => {
  const world = newWorld('log');
  const { fileSystem } = world;
  await filled(world, 'a', 'b', 'c');
  const watch = watchOf(world, false);
  toldBy(watch);
  fileSystem.rename(STORE, '/stores/old');
  t.deepEqual(changesOf(toldBy(watch)), []);
  createStore(STORE, { fileSystem, kind: 'log' });
  const store = await openWritable(STORE, { fileSystem });
  store.put(bytes('c'), bytes('v'), { revision: 7n });
  store.put(bytes('b'), bytes('v'));
  store.put(bytes('d'), bytes('new'));
  await store.sync();
  store.close();
  t.deepEqual(changesOf(toldBy(watch)), ['-a', 'c=v', 'd=new']);
  watch.close();
});

test('a cursor is told when it has moved, behind what came before it', async (t) => {
  const world = newWorld('log');
  const watch = watchOf(world);
  toldBy(watch);
  for (const [name, cursor] of [
    ['a', 1],
    ['b', 1],
    ['c', 2],
  ] as const) {
    const store = await openWritable(STORE, { fileSystem: world.fileSystem });
    store.put(bytes(name), bytes('v'));
    store.setCursor(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, cursor));
    await store.sync();
    store.close();
  }
  t.deepEqual(
    toldBy(watch).map(({ op }) => op),
    ['put', 'put', 'put', 'cursor'],
  );
  watch.close();
});
