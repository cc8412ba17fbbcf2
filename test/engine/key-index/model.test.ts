import test from 'ava';
import fc from 'fast-check';
import { OrderedKeyIndex, type KeyCursor } from '../../../src/engine/key-index/ordered-key-index.js';

// Keys are written as latin1 strings here, whose order is that of their bytes.
const bytes = (key: string): Uint8Array => Buffer.from(key, 'latin1');
const text = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

const CURSORS = 12;

const byteText = (...choices: number[]): fc.Arbitrary<string> =>
  (choices.length === 0 ? fc.nat(255) : fc.constantFrom(...choices)).map((byte) => String.fromCharCode(byte));

const keys = fc.oneof(
  // many that begin one another, and the edges of a byte
  { weight: 4, arbitrary: fc.string({ unit: byteText(0, 0xff, 0x61), maxLength: 5 }) },
  // wide nodes
  { weight: 4, arbitrary: fc.string({ unit: byteText(), minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.string({ unit: byteText(), maxLength: 30 }) },
  // around the lengths that a slot holds, and the first bytes of a tail
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(11, 12, 13, 22, 23, 24, 25, 300),
        fc.string({ unit: byteText(0, 0xff), maxLength: 3 }),
      )
      .map(([length, end]) => 'k'.repeat(length) + end),
  },
  { weight: 1, arbitrary: fc.nat(99_999).map((number) => `user:${String(number).padStart(9, '0')}`) },
);

const steps = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('insert' as const), key: keys }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key: keys }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('removeOne' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('find' as const), key: keys }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('seekFirst' as const, 'seekLast' as const),
      key: keys,
      cursor: fc.nat(CURSORS - 1),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('first' as const, 'last' as const, 'next' as const, 'previous' as const),
      cursor: fc.nat(CURSORS - 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('removeUnderCursor' as const), cursor: fc.nat(CURSORS - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), chance: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('load' as const), more: fc.array(keys) }) },
);
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** The same as an index and its cursors, over a sorted array. */
class Model {
  readonly index = new OrderedKeyIndex();
  sorted: string[] = [];
  readonly slots = new Map<string, number>();
  readonly cursors: KeyCursor[] = Array.from({ length: CURSORS }, () => this.index.cursor());
  readonly positions: (string | undefined)[] = new Array<string | undefined>(CURSORS).fill(undefined);

  lowerBound(key: string): number {
    const at = this.sorted.findIndex((other) => other >= key);
    return at < 0 ? this.sorted.length : at;
  }

  slotAt(place: number): number {
    const key = this.sorted[place];
    return key === undefined ? -1 : (this.slots.get(key) ?? -2);
  }

  insert(key: string): void {
    const slot = this.index.insert(bytes(key));
    const known = this.slots.get(key);
    equal(this.index.inserted, known === undefined, 'inserted');
    if (known !== undefined) return equal(slot, known, 'slot of a known key');
    equal([...this.slots.values()].includes(slot), false, 'a slot is given twice');
    equal(this.index.firstWord(slot) + this.index.secondWord(slot), 0, 'words of a new slot');
    this.index.setWords(slot, 0xffff_fff0 - slot, slot);
    this.slots.set(key, slot);
    this.sorted.splice(this.lowerBound(key), 0, key);
  }

  remove(key: string): void {
    equal(this.index.remove(bytes(key)), this.slots.get(key) ?? -1, 'slot of the removed key');
    if (!this.slots.delete(key)) return;
    this.sorted.splice(this.sorted.indexOf(key), 1);
  }

  move(step: Step & { cursor: number }): void {
    const cursor = this.cursors[step.cursor]!;
    const position = this.positions[step.cursor];
    let place = -1;
    let slot = -1;
    if (step.do === 'seekFirst')
      [slot, place] = [cursor.seekFirst(bytes(step.key)), this.lowerBound(step.key)];
    if (step.do === 'seekLast')
      [slot, place] = [cursor.seekLast(bytes(step.key)), this.lowerBound(step.key) - 1];
    if (step.do === 'first') [slot, place] = [cursor.first(), 0];
    if (step.do === 'last') [slot, place] = [cursor.last(), this.sorted.length - 1];
    if (step.do === 'next') {
      slot = cursor.next();
      const above = this.sorted.findIndex((key) => position !== undefined && key > position);
      place = above;
    }
    if (step.do === 'previous') {
      slot = cursor.previous();
      place = position === undefined ? -1 : this.lowerBound(position) - 1;
    }
    equal(slot, this.slotAt(place), step.do);
    this.positions[step.cursor] = this.sorted[place];
  }

  run(step: Step): void {
    if (step.do === 'insert') this.insert(step.key);
    else if (step.do === 'remove') this.remove(step.key);
    else if (step.do === 'find')
      equal(this.index.find(bytes(step.key)), this.slots.get(step.key) ?? -1, 'find');
    else if (step.do === 'removeOne') this.remove(this.sorted[step.which % (this.sorted.length || 1)] ?? '');
    else if (step.do === 'removeUnderCursor') this.remove(this.positions[step.cursor] ?? '');
    else if (step.do === 'load') this.load(step.more);
    else if (step.do !== 'clear') this.move(step);
    else if (step.chance === 0) this.clear();
    this.cursors.forEach((cursor, number) => {
      const position = this.positions[number];
      equal(cursor.slot, position === undefined ? -1 : (this.slots.get(position) ?? -1), 'slot of a cursor');
    });
  }

  /** All keys anew, and some more. */
  load(more: readonly string[]): void {
    const all = [...new Set([...this.sorted, ...more])].sort((a, b) => (a < b ? -1 : 1));
    this.clear();
    for (const [rank, key] of all.entries()) {
      equal(this.index.insertAt(bytes(`-${key}-`), 1, key.length), rank, 'slot of a loaded key');
      equal(this.index.isLoading, true, 'all keys ascend');
      this.index.setWords(rank, 0xffff_fff0 - rank, rank);
      this.slots.set(key, rank);
    }
    this.sorted = all;
  }

  clear(): void {
    this.index.clear();
    this.sorted = [];
    this.slots.clear();
  }

  check(): void {
    equal(this.index.count, this.sorted.length, 'count');
    const cursor = this.index.cursor();
    const forwards: string[] = [];
    for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) {
      const key = this.index.keyOf(slot);
      equal(this.index.keyLengthOf(slot), key.length, 'length');
      equal(this.index.firstWord(slot), 0xffff_fff0 - slot, 'first word');
      equal(this.index.secondWord(slot), slot, 'second word');
      equal(this.index.find(key), slot, 'find');
      forwards.push(text(key));
    }
    equal(forwards.join(), this.sorted.join(), 'order');
    const backwards: string[] = [];
    for (let slot = cursor.last(); slot >= 0; slot = cursor.previous())
      backwards.push(text(this.index.keyOf(slot)));
    equal(backwards.reverse().join(), this.sorted.join(), 'order backwards');
  }
}

function equal(found: unknown, expected: unknown, what: string): void {
  if (found !== expected) throw new Error(`${what}: ${String(found)}, expected ${String(expected)}`);
}

test('any sequence of inserts, removals, lookups and cursor moves does what a sorted array does', (t) => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 400, size: 'max' }), (sequence) => {
      const model = new Model();
      for (const step of sequence) model.run(step);
      model.check();
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('any set of keys is walked in order, and comes apart again in any order', (t) => {
  fc.assert(
    fc.property(fc.uniqueArray(keys, { maxLength: 1500, size: 'max' }), fc.nat(), (set, stride) => {
      const model = new Model();
      for (const key of set) model.insert(key);
      model.check();
      const order = set.map((key, at) => ({ key, rank: (at * (stride | 1)) % 1009 }));
      order.sort((a, b) => a.rank - b.rank);
      for (const [at, { key }] of order.entries()) {
        model.remove(key);
        if (at % 300 === 0) model.check();
      }
      equal(model.index.count, 0, 'count');
      model.check();
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test('two keys compare as their bytes do', (t) => {
  fc.assert(
    fc.property(keys, keys, fc.string({ unit: byteText(), maxLength: 3 }), (one, other, before) => {
      const index = new OrderedKeyIndex();
      const slot = index.insert(bytes(one));
      const placed = bytes(before + other + 'after');
      const order = index.compareKey(slot, placed, before.length, other.length);
      equal(Math.sign(order), one < other ? -1 : one > other ? 1 : 0, 'order');
      equal(index.keyStartsWith(slot, bytes(other)), one.startsWith(other), 'starts with');
      equal(index.findAt(placed, before.length, other.length) === slot, one === other, 'find');
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
