import test from 'ava';
import fc from 'fast-check';
import { compareBytes } from '../../../src/engine/bytes/compare.js';
import { toHex } from '../../../src/engine/bytes/text/text.js';
import { IndexWalk } from '../../../src/engine/repair/state/index-walk.js';
import { checkOrderedMap } from '../../../src/engine/rkyv/ordered-map/ordered-map-check.js';
import { OrderedMapPatcher } from '../../../src/engine/rkyv/ordered-map/patch/patcher.js';
import { OrderedMapPlanner, type MapPlan } from '../../../src/engine/rkyv/ordered-map/patch/plan.js';
import { OrderedMapReader } from '../../../src/engine/rkyv/ordered-map/ordered-map-reader.js';
import { runToEnd } from '../../../src/engine/steps.js';
import { MovingSource } from './moving-source.js';
import { type ChangedEntry, ListedChanges, mergeChanges } from './listed-changes.js';
import { archive, type MapEntry, referenceEntries } from './reference-content.js';

interface Patched {
  readonly map: Uint8Array;
  readonly plan: MapPlan;
}

/** The map after the changes, patched; undefined where the plan is to write it anew. */
function patch(map: Uint8Array, changes: readonly ChangedEntry[], spareBytes = 0): Patched | undefined {
  const { place } = new OrderedMapReader(new MovingSource(map), 0, map.length);
  const planner = new OrderedMapPlanner(place);
  const listed = new ListedChanges(changes);
  for (let isOn = listed.first(); isOn; isOn = listed.next()) runToEnd(planner.visit(listed));
  const plan = runToEnd(planner.finish());
  if (plan === undefined) return undefined;
  const blocks: Uint8Array[] = [];
  const patcher = new OrderedMapPatcher({
    place,
    plan,
    changes: listed,
    placeValue: () => listed.offset,
    length: plan.bytesMax + spareBytes,
    sink: (bytes) => blocks.push(bytes.slice()),
  });
  const length = runToEnd(patcher.run());
  const patched = new Uint8Array(Buffer.concat(blocks));
  if (patched.length !== length) throw new Error(`${length} bytes claimed, ${patched.length} written`);
  return { map: patched, plan };
}

function contentOf(map: Uint8Array): MapEntry[] {
  const reader = new OrderedMapReader(new MovingSource(map), 0, map.length);
  const entries: MapEntry[] = [];
  checkOrderedMap(reader, (cursor) => {
    entries.push({ key: cursor.key, offset: cursor.offset, length: cursor.length });
  });
  for (const { key, offset } of entries) {
    if (!reader.find(key) || reader.offset !== offset) throw new Error(`${toHex(key)} is not found`);
  }
  return entries;
}

/** A line an entry: ava compares two texts far faster than two lists of 1,500 entries. */
function linesOf(entries: Iterable<MapEntry>): string {
  return Array.from(entries, ({ key, offset, length }) => `${toHex(key)} ${offset} ${length}`).join('\n');
}

const change = fc.record({
  /** Where in the key space, in thousandths; between two keys where it is odd. */
  at: fc.nat(2000),
  kind: fc.constantFrom('put', 'put', 'delete'),
  /** So many keys in a row. */
  run: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(60) }),
});

/** Changes of keys that are there, between them, before and behind them. */
function changesOf(
  entries: readonly MapEntry[],
  drawn: readonly { readonly at: number; readonly kind: string; readonly run: number }[],
  round: number,
): ChangedEntry[] {
  const changes = new Map<string, ChangedEntry>();
  for (const { at, kind, run } of drawn) {
    const first = Math.floor((at * (entries.length + 1)) / 2001);
    for (let index = first; index < first + Math.max(1, run); index++) {
      const near = entries[Math.min(index, entries.length - 1)]!.key;
      const isBetween = at % 2 === 1 || index >= entries.length;
      const key = isBetween ? Uint8Array.of(...near, round, index & 0xff, index >> 8) : near;
      const deleted = kind === 'delete';
      changes.set(toHex(key), {
        key,
        deleted,
        offset: round * 1_000_000 + index,
        length: deleted ? 0 : index,
      });
    }
  }
  return [...changes.values()].sort((a, b) => compareBytes(a.key, b.key));
}

test('a patched map has the entries that one written anew has, patched again and again', (t) => {
  let patched = 0;
  let reshaped = 0;
  let rewritten = 0;
  const rounds = fc.array(fc.array(change, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 6 });
  const property = fc.property(fc.integer({ min: 6, max: 1500 }), rounds, (count, drawn) => {
    let entries: readonly MapEntry[] = referenceEntries(count);
    let map = archive(entries);
    for (const [round, changes] of drawn.entries()) {
      const wanted = changesOf(entries, changes, round + 1);
      entries = mergeChanges(entries, wanted);
      const result = patch(map, wanted, 4 * round);
      map = result?.map ?? archive(entries);
      if (result === undefined) rewritten++;
      else if (result.plan.isReshaped) reshaped++;
      else patched++;
      const lines = linesOf(entries);
      t.is(linesOf(contentOf(map)), lines);
      if (result?.plan.isReshaped === true) t.is(map.length, result.plan.bytesMax + 4 * round);
      t.is(linesOf(new IndexWalk(new MovingSource(map), map.length).entries()), lines);
      if (entries.length <= 5) return;
    }
  });
  fc.assert(property, { numRuns: 100 });
  t.log(`${patched} patched, ${reshaped} reshaped, ${rewritten} written anew`);
  t.true(patched > 10 && reshaped > 2 * rewritten);
});
