import { copyFileSync, cpSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { isStatelogError } from '../../../src/engine/errors.js';
import { leaveStore } from '../../../src/engine/inspect/left-store.js';
import { openWritable } from '../../../src/engine/inspect/open.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';
import { FoldStore } from '../../../src/engine/store/fold-store.js';
import type { WritableStore } from '../../../src/engine/store/store.js';
import { tempDir } from '../../support/temp-dir.js';

const KINDS = ['log', 'directory'] as const;
const key = (number: number): Buffer => Buffer.from(`k${number}`);
const fileSystem = realFileSystem();

type Move = (store: WritableStore, number: number) => unknown;

const put: Move = async (store, number) => {
  store.put(key(number % 4), Buffer.from(`value ${number}`));
  await store.sync();
};
/** Each a writer's whole hold of the store. */
const MOVES: Readonly<Record<string, Move>> = {
  put,
  delete: async (store, number) => {
    store.delete(key(number % 4));
    await store.sync();
  },
  checkpoint: (store) => store.checkpoint({}),
  nothing: () => undefined,
};

async function hold<T>(store: string, use: (open: WritableStore) => T | Promise<T>): Promise<T> {
  const open = await openWritable(store, { create: {} });
  try {
    return await use(open);
  } finally {
    open.close();
  }
}

/** Ways to bring a copy back. */
const RESTORES: readonly ((store: string, copy: string) => void)[] = [
  (store, copy) => {
    cpSync(copy, store, { recursive: true, force: true });
  },
  (store, copy) => {
    rmSync(store, { recursive: true });
    cpSync(copy, store, { recursive: true });
  },
];

const moves = fc.array(fc.constantFrom(...Object.keys(MOVES)), { maxLength: 6 });

for (const kind of KINDS) {
  test(`a ${kind} goes on from what was left, whatever others write, and compacted; a copy from before does not`, async (t) => {
    let run = 0;
    const folder = tempDir(t);
    await fc.assert(
      fc.asyncProperty(moves, moves, fc.boolean(), fc.nat(1), async (before, after, compacts, how) => {
        const store = path.join(folder, `${++run}${kind === 'log' ? '.snap' : ''}`);
        const copy = `${store}-copy`;
        let number = 0;
        const make = (name: string): Promise<unknown> => hold(store, (open) => MOVES[name]!(open, ++number));
        // The log of a first checkpoint is not kept, and others of that epoch could not be told from it.
        for (const name of ['put', 'checkpoint', ...before]) await make(name);
        cpSync(store, copy, { recursive: true });
        const left = await hold(store, async (open) => {
          await put(open, 1000 + run);
          return leaveStore(fileSystem, store, open);
        });
        for (const name of after) {
          await make(name);
          t.is(left.change(), undefined);
        }
        if (compacts) await hold(store, (open) => open.compact());
        t.is(left.change(), undefined);
        for (const name of ['put', 'nothing', 'put']) await make(name);
        t.is(left.change(), undefined);

        // Over a store that is epochs ahead, a copy is damage: its manifest does not know the log.
        const isAhead = compacts || after.includes('checkpoint');
        RESTORES[isAhead ? 1 : how]!(store, copy);
        t.regex(left.change()!, /restored/);
        for (const name of ['put', 'checkpoint']) await make(name);
        t.regex(left.change()!, /restored/);
        left.close?.();
      }),
      { numRuns: 12 },
    );
  });
}

test('a copy of an earlier epoch is none that goes on, nor is one of a later checkpoint with another log', async (t) => {
  const store = path.join(tempDir(t), 'store');
  const copy = `${store}-copy`;
  await hold(store, (open) => put(open, 1));
  cpSync(store, copy, { recursive: true });
  const left = await hold(store, async (open) => {
    await put(open, 2);
    await open.checkpoint({});
    return leaveStore(fileSystem, store, open);
  });
  t.is(left.change(), undefined);
  cpSync(store, `${store}-left`, { recursive: true });
  rmSync(store, { recursive: true });
  cpSync(copy, store, { recursive: true });
  t.regex(left.change()!, /restored/);
  for (let number = 3; number < 6; number++) {
    await hold(store, (open) => put(open, number));
    await hold(store, (open) => open.checkpoint({}));
    if (number === 3) t.regex(left.change()!, /restored/, 'another checkpoint of that epoch');
  }
  rmSync(store, { recursive: true });
  renameSync(`${store}-left`, store);
  t.is(left.change(), undefined);
});

test('a log that was longer is not taken for one that was compacted', async (t) => {
  const store = path.join(tempDir(t), 'l.snap');
  await hold(store, (open) => put(open, 0));
  await hold(store, (open) => open.compact());
  const short = `${store}-short`;
  copyFileSync(store, short);
  const left = await hold(store, async (open) => {
    await put(open, 1);
    open.delete(key(1));
    await open.sync();
    return leaveStore(fileSystem, store, open);
  });
  copyFileSync(short, `${store}.new`);
  renameSync(`${store}.new`, store);
  // Nothing that was acknowledged is lost by it: it has the content that was left.
  t.is(left.change(), undefined);

  const longer = `${store}-longer.snap`;
  await hold(longer, async (open) => {
    await put(open, 0);
    await put(open, 1);
    await open.compact();
  });
  renameSync(longer, store);
  t.regex(left.change()!, /replaced/);
  left.close?.();
});

test('a store whose path means another one by then was replaced, also to itself', async (t) => {
  for (const kind of KINDS) {
    const store = path.join(tempDir(t), kind === 'log' ? 'l.snap' : 'store');
    const copy = `${store}-copy`;
    await hold(store, (open) => put(open, 0));
    cpSync(store, copy, { recursive: true });
    const left = await hold(store, async (open) => {
      await put(open, 1);
      RESTORES[1]!(store, copy);
      t.throws(
        () => {
          open.checkHeld();
        },
        { code: 'STORE_REPLACED' },
      );
      return leaveStore(fileSystem, store, open);
    });
    t.regex(left.change()!, /replaced/);
  }
});

test('whether a closed store is held cannot be asked', (t) => {
  const store = path.join(tempDir(t), 'l.snap');
  FoldStore.create(store, fileSystem);
  const reader = FoldStore.load(store, fileSystem);
  const error = t.throws(() => {
    reader.checkHeld();
  });
  t.true(isStatelogError(error, 'READ_ONLY'));
  reader.close();
});
