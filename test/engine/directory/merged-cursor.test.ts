import test from 'ava';
import fc from 'fast-check';
import { compareBytes } from '../../../src/engine/bytes/compare.js';
import { CoresCursor } from '../../../src/engine/directory/state/cores-cursor.js';
import { MergedCursor, type OverlayCursor } from '../../../src/engine/directory/state/merged-cursor.js';
import type { Entry } from '../../../src/engine/entry-cursor.js';
import { copiedEntry, isInRange, itemsInRange } from '../../../src/engine/entry-range.js';

interface Item extends Entry {
  readonly deleted: boolean;
}

/** The plainest cursor there is: a position in a sorted array. */
class ArrayCursor implements OverlayCursor {
  #at = -1;
  readonly #items: readonly Item[];
  constructor(items: readonly Item[]) {
    this.#items = items;
  }
  #go(at: number): boolean {
    this.#at = at;
    return this.#items[at] !== undefined;
  }
  #item(): Item {
    const item = this.#items[this.#at];
    if (item === undefined) throw new RangeError('not on an entry');
    return item;
  }
  first(): boolean {
    return this.#go(0);
  }
  last(): boolean {
    return this.#go(this.#items.length - 1);
  }
  seek(key: Uint8Array): boolean {
    const at = this.#items.findIndex((item) => compareBytes(item.key, key) >= 0);
    return this.#go(at < 0 ? this.#items.length : at);
  }
  seekBefore(key: Uint8Array): boolean {
    return this.#go(this.#items.findLastIndex((item) => compareBytes(item.key, key) < 0));
  }
  next(): boolean {
    return this.#go(this.#at + 1);
  }
  previous(): boolean {
    return this.#go(this.#at - 1);
  }
  get key(): Uint8Array {
    return this.#item().key;
  }
  get deleted(): boolean {
    return this.#item().deleted;
  }
  get valueLength(): number {
    return this.#item().value.length;
  }
  value(): Uint8Array {
    return this.#item().value;
  }
}

const keys = fc.uint8Array({ maxLength: 3, max: 3 });
const items = fc.uniqueArray(
  fc.record({ key: keys, value: fc.uint8Array({ maxLength: 2 }), deleted: fc.boolean() }),
  { selector: (item) => Buffer.from(item.key).toString('hex'), maxLength: 30 },
);
const moves = fc.array(
  fc.oneof(
    fc.record({ move: fc.constantFrom('seek' as const, 'seekBefore' as const), key: keys }),
    fc.record({
      move: fc.constantFrom('first' as const, 'last' as const, 'next' as const, 'previous' as const),
    }),
  ),
);

function sorted(list: readonly Item[]): Item[] {
  return [...list].sort((a, b) => compareBytes(a.key, b.key));
}

function merged(base: readonly Item[], overlay: readonly Item[]): Item[] {
  const all = new Map(
    base.map((item) => [Buffer.from(item.key).toString('hex'), { ...item, deleted: false }]),
  );
  for (const item of overlay) {
    const name = Buffer.from(item.key).toString('hex');
    if (item.deleted) all.delete(name);
    else all.set(name, item);
  }
  return sorted([...all.values()]);
}

test('merged and per-core cursors move as one sorted list would, both ways', (t) => {
  t.notThrows(() => {
    fc.assert(
      fc.property(items, items, fc.integer({ min: 1, max: 4 }), moves, (base, overlay, cores, steps) => {
        const coreOf = (item: Item) => item.key.reduce((sum, byte) => sum + byte, 0) % cores;
        const cursor = new CoresCursor(
          Array.from({ length: cores }, (_, core) => {
            const mine = (list: Item[]) => sorted(list.filter((item) => coreOf(item) === core));
            return new MergedCursor(new ArrayCursor(mine(base)), new ArrayCursor(mine(overlay)));
          }),
        );
        const model = new ArrayCursor(merged(base, overlay));
        let standing = false;
        for (const step of steps) {
          if (!('key' in step) && (step.move === 'next' || step.move === 'previous') && !standing) continue;
          standing = 'key' in step ? model[step.move](step.key) : model[step.move]();
          const found = 'key' in step ? cursor[step.move](step.key) : cursor[step.move]();
          if (found !== standing) throw new Error(`${step.move}: ${String(found)}`);
          if (standing && compareBytes(cursor.key, model.key) !== 0)
            throw new Error(`${step.move}: other key`);
          if (standing && compareBytes(cursor.value(), model.value()) !== 0) throw new Error('other value');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('a range yields what a filter over all entries would, forwards and backwards', (t) => {
  const bound = fc.option(keys, { nil: undefined });
  const ranges = fc.record({ prefix: bound, from: bound, after: bound, to: bound, reverse: fc.boolean() });
  t.notThrows(() => {
    fc.assert(
      fc.property(items, ranges, (list, range) => {
        const all = sorted(list).filter((item) => isInRange(item.key, range));
        if (range.reverse) all.reverse();
        const found = [...itemsInRange(new ArrayCursor(sorted(list)), range, copiedEntry)];
        const hex = (entries: readonly Entry[]) =>
          entries.map((entry) => Buffer.from(entry.key).toString('hex'));
        if (hex(found).join() !== hex(all).join())
          throw new Error(`${hex(found).join()} for ${hex(all).join()}`);
      }),
      { numRuns: 2000 },
    );
  });
});
