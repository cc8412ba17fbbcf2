import test, { type ExecutionContext } from 'ava';
import { addChild, makeEnd, makePair, removeChild } from '../../../src/engine/key-index/node/node-edit.js';
import {
  FEW,
  FIRST_CHILD,
  FULL,
  KIND_MASK,
  LINE,
  MAP_LARGE,
  MAP_SMALL,
  PAIR,
  ROOT_ADDRESS,
  SPAN,
} from '../../../src/engine/key-index/node/node-layout.js';
import { NodePool, wordOf } from '../../../src/engine/key-index/node/node-pool.js';
import { childCount, childPlace, placesBelow } from '../../../src/engine/key-index/node/node-search.js';

const POSITION = 77;

/** A pool whose root is one node, beside a model of its children: a byte's child is the leaf of slot `byte`. */
class OneNode {
  readonly pool = new NodePool();
  readonly bytes: number[] = [];

  get kind(): number {
    return this.pool.read(ROOT_ADDRESS) & KIND_MASK;
  }

  add(byte: number): void {
    if (this.bytes.length === 0) this.pool.write(ROOT_ADDRESS, ~byte);
    if (this.bytes.length === 1) {
      const [other] = this.bytes as [number];
      this.pool.write(ROOT_ADDRESS, makePair(this.pool, POSITION, byte, ~byte, other, ~other));
    } else if (this.bytes.length > 1) addChild(this.pool, ROOT_ADDRESS, byte, ~byte);
    this.bytes.push(byte);
    this.bytes.sort((a, b) => a - b);
  }

  remove(byte: number): void {
    const node = this.pool.read(ROOT_ADDRESS);
    const place = childPlace(this.pool.segmentOf(node), wordOf(node), node & KIND_MASK, byte);
    removeChild(this.pool, ROOT_ADDRESS, place - wordOf(node) - FIRST_CHILD[node & KIND_MASK]!);
    this.bytes.splice(this.bytes.indexOf(byte), 1);
  }

  check(t: ExecutionContext): void {
    const node = this.pool.read(ROOT_ADDRESS);
    if (this.bytes.length === 1) {
      t.is(node, ~this.bytes[0]!);
      return;
    }
    const words = this.pool.segmentOf(node);
    const at = wordOf(node);
    const problems: string[] = [];
    if (words[at] !== POSITION) problems.push('position');
    if (childCount(words, at, this.kind) !== this.bytes.length) problems.push('count');
    let below = 0;
    for (let byte = 0; byte < 256; byte++) {
      const isThere = this.bytes[below] === byte;
      if (words[childPlace(words, at, this.kind, byte)] !== (isThere ? ~byte : 0))
        problems.push(`child ${String(byte)}`);
      if (isThere) below += 1;
      else if (this.childrenBefore(placesBelow(words, at, this.kind, byte)) !== below) {
        problems.push(`children below ${String(byte)}`);
      }
    }
    t.deepEqual(problems, [], `kind ${String(this.kind)}, ${String(this.bytes.length)} children`);
  }

  private childrenBefore(places: number): number {
    const node = this.pool.read(ROOT_ADDRESS);
    const first = wordOf(node) + FIRST_CHILD[this.kind]!;
    return this.pool
      .segmentOf(node)
      .subarray(first, first + places)
      .filter((child) => child !== 0).length;
  }
}

const orders = {
  ascending: (number: number) => number,
  descending: (number: number) => 255 - number,
  'from the middle': (number: number) => (128 + (number % 2 === 0 ? 1 : -1) * ((number + 1) >> 1)) & 0xff,
  'far apart': (number: number) => (number * 167) & 0xff,
  'digits, then the rest': (number: number) => (0x37 + number * 3) & 0xff,
};

for (const [name, byteOf] of Object.entries(orders)) {
  test(`a node finds, counts and orders its children while it grows and shrinks, bytes ${name}`, (t) => {
    const node = new OneNode();
    for (let number = 0; number < 256; number++) {
      node.add(byteOf(number));
      node.check(t);
    }
    t.is(node.kind, FULL);
    for (let number = 0; number < 255; number++) {
      node.remove(byteOf((number * 101) & 0xff));
      node.check(t);
    }
  });

  test(`a node that grows and shrinks over and over takes no more memory, bytes ${name}`, (t) => {
    const node = new OneNode();
    const cycle = (): void => {
      for (let number = 0; number < 256; number++) node.add(byteOf(number));
      for (let number = 0; number < 255; number++) node.remove(byteOf(number));
      node.bytes.pop();
    };
    cycle();
    const used = node.pool.bytesUsed;
    for (let round = 0; round < 20; round++) cycle();
    t.is(node.pool.bytesUsed, used);
  });
}

test('the kind of a node follows from how many children it has, and how close together', (t) => {
  const kindsOf = (count: number, byteOf: (number: number) => number): number[] => {
    const node = new OneNode();
    for (let number = 0; number < count; number++) node.add(byteOf(number));
    const kinds = [node.kind];
    while (node.bytes.length > 2) {
      node.remove(node.bytes.at(-1)!);
      if (kinds.at(-1) !== node.kind) kinds.push(node.kind);
    }
    return kinds;
  };
  t.deepEqual(
    kindsOf(256, (number) => number),
    [FULL, MAP_LARGE, MAP_SMALL, SPAN, FEW, PAIR],
  );
  t.deepEqual(
    kindsOf(54, (number) => 255 - number * 4),
    [FULL, MAP_LARGE, MAP_SMALL, LINE, FEW, PAIR],
  );
  t.deepEqual(
    kindsOf(53, (number) => number * 4),
    [MAP_LARGE, MAP_SMALL, LINE, FEW, PAIR],
  );
  t.deepEqual(
    kindsOf(12, (number) => number * 20),
    [LINE, FEW, PAIR],
  );
  t.deepEqual(
    kindsOf(10, (number) => 0x39 - number),
    [SPAN, FEW, PAIR],
  );
});

test('an end with one child left gives way to it', (t) => {
  for (const [removed, left] of [
    [0, ~6],
    [1, ~5],
  ] as const) {
    const pool = new NodePool();
    pool.write(ROOT_ADDRESS, makeEnd(pool, 3, ~5, ~6));
    const used = pool.bytesUsed;
    removeChild(pool, ROOT_ADDRESS, removed);
    t.is(pool.read(ROOT_ADDRESS), left);
    makeEnd(pool, 3, ~5, ~6);
    t.is(pool.bytesUsed, used);
  }
});
