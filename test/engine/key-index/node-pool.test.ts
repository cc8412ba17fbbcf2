import test from 'ava';
import {
  FULL,
  LINE,
  MAP_LARGE,
  NODE_WORDS,
  PAIR,
  SPAN,
} from '../../../src/engine/key-index/node/node-layout.js';
import { NodePool, addressOf } from '../../../src/engine/key-index/node/node-pool.js';

const SEGMENT_BYTES = 2 ** 20;

function fill(pool: NodePool, kind: number, bytes: number): number[] {
  const nodes: number[] = [];
  while (pool.bytesUsed < bytes) nodes.push(pool.allocate(kind));
  return nodes;
}

test('no two nodes share a word', (t) => {
  const pool = new NodePool();
  const taken = new Set<number>();
  let shared = 0;
  for (let i = 0; pool.bytesUsed < 3 * SEGMENT_BYTES; i++) {
    const kind = i % 8;
    const node = pool.allocate(kind);
    for (let word = 0; word < NODE_WORDS[kind]!; word++) {
      const address = addressOf(node) + word;
      if (taken.has(address)) shared += 1;
      taken.add(address);
    }
    if (i % 3 === 0) {
      for (let word = 0; word < NODE_WORDS[kind]!; word++) taken.delete(addressOf(node) + word);
      pool.free(node);
    }
  }
  t.is(shared, 0);
});

test('a freed node is handed out again, to either kind of its size', (t) => {
  const pool = new NodePool();
  const line = pool.allocate(LINE);
  const used = pool.bytesUsed;
  pool.free(line);
  const span = pool.allocate(SPAN);
  t.is(addressOf(span), addressOf(line));
  t.is(pool.bytesUsed, used);
});

for (const larger of [FULL, MAP_LARGE, LINE]) {
  test(`when a segment is used up, freed nodes of ${String(NODE_WORDS[larger])} words make room for small ones`, (t) => {
    const pool = new NodePool();
    const nodes = fill(pool, larger, 2.9 * SEGMENT_BYTES);
    const rest = 3 * SEGMENT_BYTES - pool.bytesUsed;
    for (const node of nodes) pool.free(node);
    const small = new Set<number>();
    const room = Math.floor((nodes.length * NODE_WORDS[larger]! * 4 + rest) / (NODE_WORDS[PAIR]! * 4));
    for (let i = 0; i < room; i++) small.add(addressOf(pool.allocate(PAIR)));
    t.is(small.size, room);
    t.is(pool.bytesUsed, 3 * SEGMENT_BYTES);
  });
}
