import test from 'ava';
import { fxHashString } from '../../../src/engine/bytes/hash/fx-hash.js';
import { readI32, readU32, writeU32 } from '../../../src/engine/bytes/halves.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import {
  controlCount,
  mapCapacity,
  probeCapacity,
} from '../../../src/engine/rkyv/commit-map/commit-map-format.js';
import { encodeWalEntry } from '../../support/wal-entry-bytes.js';
import type { WalEntry } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { WalEntryView } from '../../../src/engine/rkyv/entry/wal-entry-view.js';
import { fixtureBytes, recordsOf } from './fixture-records.js';
import { referenceCommit } from './reference-content.js';

const view = new WalEntryView();

/** Where the parts of an encoded Commit's map are. */
function mapOf(entry: Uint8Array): { controls: Uint8Array; controlsAt: number; capacity: number } {
  const field = entry.length - 64 + 36;
  const controlsAt = field + readI32(entry, field);
  const capacity = readU32(entry, field + 8);
  return { controls: entry.subarray(controlsAt, controlsAt + controlCount(capacity)), controlsAt, capacity };
}

function offsetsOf(entry: WalEntry): ReadonlyMap<string, bigint> {
  if (entry.operation.op !== 'commit') throw new Error('not a Commit');
  return entry.operation.offsets;
}

/** The slot that a lookup as rkyv does it ends at: groups of 16 from the hash on, until one has room. */
function* candidateSlots(controls: Uint8Array, capacity: number, hash: bigint): Generator<number> {
  const mask = 2 ** Math.ceil(Math.log2(controls.length)) - 1;
  let position = Number(hash % BigInt(capacity));
  for (let stride = 0; ;) {
    const group = controls.subarray(position, position + 16);
    for (const [bit, control] of group.entries()) {
      if (control === Number(hash >> 57n)) yield (position + bit) % capacity;
    }
    if (group.includes(0xff)) return;
    do {
      stride += 16;
      position = (position + stride) & mask;
    } while (position >= probeCapacity(capacity));
  }
}

test("every name is found by probing from its hash, in our maps and in the original's", (t) => {
  const ours = [1, 2, 3, 7, 14, 15, 16, 17, 40, 100, 500].map((count) =>
    encodeWalEntry(referenceCommit(count)),
  );
  const originals = recordsOf(fixtureBytes('wal-ops/wal-0.log')).map(({ data }) => data);
  let names = 0;
  for (const entry of [...ours, ...originals]) {
    t.is(view.decode(entry, 0, entry.length), undefined);
    if (view.operation().op !== 'commit') continue;
    const { controls, controlsAt, capacity } = mapOf(entry);
    for (const [name, offset] of offsetsOf(view.toEntry())) {
      const slots = [...candidateSlots(controls, capacity, fxHashString(toUtf8(name)))];
      const offsetsThere = slots.map((slot) =>
        new DataView(entry.buffer, entry.byteOffset).getBigUint64(controlsAt - 16 * (slot + 1) + 8, true),
      );
      t.true(offsetsThere.includes(offset), `${name} among ${controls.length} control bytes`);
      names++;
    }
  }
  t.true(names > 700);
});

test('there is always an empty slot, and one for every eighth', (t) => {
  t.deepEqual([0, 1, 2, 6, 7, 8, 14, 16, 70].map(mapCapacity), [0, 2, 3, 7, 8, 9, 16, 18, 80]);
});

test('names of every length between inline, long, and where the stored length skips bits come back', (t) => {
  const offsets = new Map<string, bigint>();
  for (const length of [0, 1, 7, 8, 9, 62, 63, 64, 65, 127, 128, 255, 256, 257, 4095, 4096, 70_000]) {
    offsets.set('n'.repeat(length), BigInt(length));
  }
  const entry = encodeWalEntry({
    ...referenceCommit(0),
    operation: { op: 'commit', offsets, watermark: -1n },
  });
  t.is(view.decode(entry, 0, entry.length), undefined);
  t.deepEqual(view.operation(), { op: 'commit', offsets, watermark: -1n });
});

test('an empty map points at nothing, and what else its pointer says does not matter', (t) => {
  const entry = encodeWalEntry(referenceCommit(0));
  t.is(entry.length, 64);
  t.deepEqual([...entry.subarray(36, 48)], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  writeU32(entry, 36, 0x8000_0000);
  t.is(view.decode(entry, 0, entry.length), undefined);
  t.is(offsetsOf(view.toEntry()).size, 0);
});

/** A Commit with two long names, and where their slots and control bytes are. */
function twoLongNames(): { entry: Uint8Array; slots: number[]; controlsAt: number } {
  const offsets = new Map([
    ['the first long name', 1n],
    ['the second long name', 2n],
  ]);
  const entry = encodeWalEntry({
    ...referenceCommit(0),
    operation: { op: 'commit', offsets, watermark: undefined },
  });
  const { controls, controlsAt, capacity } = mapOf(entry);
  const full = [...controls.subarray(0, capacity).keys()].filter((slot) => controls[slot] !== 0xff);
  return { entry, slots: full.map((slot) => controlsAt - 16 * (slot + 1)), controlsAt };
}

test('two names may not share bytes, reach into the slots, or lie before the entry', (t) => {
  const { entry, slots } = twoLongNames();
  const [first, second] = slots as [number, number];
  const decodeWith = (at: number, pointer: number) => {
    const damaged = entry.slice();
    writeU32(damaged, at + 4, pointer);
    return view.decode(damaged, 0, damaged.length);
  };
  const firstText = first + readI32(entry, first + 4);
  t.is(decodeWith(second, firstText - second), 'a name lies out of bounds');
  t.is(decodeWith(second, -4), 'a name lies out of bounds');
  t.is(decodeWith(first, -1 - first), 'a name lies out of bounds');
  t.is(decodeWith(first, 8), 'a name lies out of bounds');
});

test('a name that lies elsewhere though it would fit, or is not UTF-8, is refused', (t) => {
  const { entry, slots } = twoLongNames();
  const short = entry.slice();
  short[slots[0]!] = 0x80 | 8;
  t.is(view.decode(short, 0, short.length), 'a name that would fit in its place lies elsewhere');
  const text = entry.slice();
  text[slots[0]! + readI32(entry, slots[0]! + 4)] = 0xff;
  t.is(view.decode(text, 0, text.length), 'a name is not UTF-8');
});

test('control bytes that no writer leaves are refused', (t) => {
  const { entry, controlsAt } = twoLongNames();
  const empty = [0, 1, 2].find((slot) => entry[controlsAt + slot] === 0xff)!;
  const bad = entry.slice();
  bad[controlsAt + empty] = 0x80;
  t.is(view.decode(bad, 0, bad.length), 'a map has a bad control byte');
  const unlike = entry.slice();
  unlike[controlsAt + 3 + empty] = 0x12;
  t.is(view.decode(unlike, 0, unlike.length), 'a map has a control byte unlike its copy');
});

test('of two equal names, the one in the later slot holds', (t) => {
  const { entry, slots } = twoLongNames();
  const [first, second] = slots as [number, number];
  const twice = entry.slice();
  const inline = Uint8Array.of(0x61, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  twice.set(inline, first);
  twice.set(inline, second);
  t.is(view.decode(twice, 0, twice.length), undefined);
  const later = new DataView(twice.buffer).getBigUint64(second + 8, true);
  t.deepEqual([...offsetsOf(view.toEntry())], [['a', later]]);
});
