import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { AppendLogFold } from '../../../src/engine/fold/store/append-log-fold.js';
import { KvUpdate } from '../../../src/engine/fold/format/update.js';
import { VersionToken } from '../../../src/engine/fold/format/version-token.js';
import { WatchCursor } from '../../../src/engine/fold/format/watch-cursor.js';
import { tempDir } from '../../support/temp-dir.js';

interface Model {
  readonly entries: Map<string, { value: Uint8Array; version: Uint8Array }>;
  cursor: Uint8Array;
}

type Command =
  | { readonly kind: 'apply'; readonly updates: readonly Update[]; readonly cursor: Uint8Array }
  | { readonly kind: 'write'; readonly update: Update }
  | { readonly kind: 'compact' | 'reopen' | 'reopenAsIs' }
  | { readonly kind: 'range'; readonly prefix: string };

interface Update {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly version: Uint8Array;
}

const key = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', 'é', '\u0000', '𝛼', '\uffff', 'long '.repeat(400)),
  fc.string({ maxLength: 3, unit: 'grapheme' }),
);
const token = fc.uint8Array({ maxLength: 10 });
const update: fc.Arbitrary<Update> = fc.record({
  key,
  value: fc.option(
    fc.oneof(
      { weight: 20, arbitrary: fc.uint8Array({ maxLength: 300 }) },
      { weight: 1, arbitrary: fc.nat(255).map((fill) => new Uint8Array(1_500_000).fill(fill)) },
    ),
    { nil: undefined },
  ),
  version: token,
});
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('apply' as const),
      updates: fc.array(update, { maxLength: 8 }),
      cursor: token,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('write' as const), update }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'compact' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'reopenAsIs' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('range' as const), prefix: key }) },
);

function toKvUpdate({ key, value, version }: Update): KvUpdate {
  const token = VersionToken.fromBytes(version);
  return value === undefined ? KvUpdate.delete(key, token) : KvUpdate.put(key, value, token);
}

function fold(model: Model, { key, value, version }: Update): void {
  if (value === undefined) model.entries.delete(key);
  else model.entries.set(key, { value, version });
}

function expectedRange(model: Model, prefix: string): unknown[] {
  return [...model.entries]
    .filter(([name]) => name.startsWith(prefix))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, { value, version }]) => [
      name,
      Buffer.from(value).toString('base64'),
      Buffer.from(version).toString('hex'),
    ]);
}

function foundRange(store: AppendLogFold, prefix: string): unknown[] {
  return store
    .range(prefix)
    .map(({ key, value, version }) => [key, Buffer.from(value).toString('base64'), version.toHex()]);
}

function run(store: AppendLogFold, model: Model, step: Command): AppendLogFold {
  switch (step.kind) {
    case 'apply':
      store.apply(step.updates.map(toKvUpdate), WatchCursor.fromBytes(step.cursor));
      for (const update of step.updates) fold(model, update);
      model.cursor = step.cursor;
      return store;
    case 'write':
      store.write(toKvUpdate(step.update));
      fold(model, step.update);
      return store;
    case 'compact':
      store.compact();
      return store;
    case 'reopen':
    case 'reopenAsIs':
      store.checkpoint();
      store.close();
      return AppendLogFold.open(store.path, 5000, { compactOnOpen: step.kind === 'reopen' }).store;
    case 'range':
      return store;
  }
}

test('any sequence of applies, writes, rewrites and reopenings agrees with a plain map', (t) => {
  const folder = tempDir(t);
  let runs = 0;
  fc.assert(
    fc.property(fc.array(command, { maxLength: 25 }), (commands) => {
      runs += 1;
      let store = AppendLogFold.open(path.join(folder, `${runs}.snap`), 5000).store;
      const model: Model = { entries: new Map(), cursor: new Uint8Array(0) };
      for (const step of commands) {
        store = run(store, model, step);
        const prefix = step.kind === 'range' ? step.prefix : '';
        t.deepEqual(foundRange(store, prefix), expectedRange(model, prefix));
        t.is(store.count, model.entries.size);
        t.deepEqual(store.cursor.toBytes(), model.cursor);
      }
      store.checkpoint();
      store.close();
      const { store: reader } = AppendLogFold.load(store.path);
      t.deepEqual(foundRange(reader, ''), expectedRange(model, ''));
      reader.close();
    }),
    { numRuns: 60 },
  );
});

test('the same content has the same compact form, however it came about', (t) => {
  const folder = tempDir(t);
  fc.assert(
    fc.property(fc.array(update, { maxLength: 30 }), fc.nat(), (updates, seed) => {
      const [one, two] = ['one', 'two'].map(
        (name) => AppendLogFold.open(path.join(folder, `${name}-${seed}.snap`)).store,
      );
      const last = new Map(updates.map((update) => [update.key, update]));
      one!.apply(updates.map(toKvUpdate), WatchCursor.fromU64(1n));
      for (const update of [...last.values()].reverse())
        two!.apply([toKvUpdate(update)], WatchCursor.fromU64(1n));
      if (updates.length === 0) two!.checkpoint(WatchCursor.fromU64(1n));
      for (const store of [one!, two!]) {
        store.compact();
        store.close();
      }
      t.true(readFileSync(one!.path).equals(readFileSync(two!.path)));
    }),
    { numRuns: 40 },
  );
});
