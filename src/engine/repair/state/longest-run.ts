import { compareBytes } from '../../bytes/compare.js';
import type { IndexEntry } from './index-walk.js';

/** Entries held at a time, half of them as a look ahead, so that memory does not grow with the index. */
const WINDOW_ENTRIES = 65_536;

/**
 * The entries of an index that was read round foreign bytes, strictly ascending by key. Where some are out of order, those
 * that make the longest ordered run are taken: a bogus key, however large, costs itself and not what follows it.
 * @param isPlausible asked where entries are out of order: those for which it is false are taken where they fit between the others
 */
export function* longestRun(
  entries: Iterable<IndexEntry>,
  isPlausible: (entry: IndexEntry) => boolean,
  windowEntries = WINDOW_ENTRIES,
): Generator<IndexEntry, void> {
  let window: IndexEntry[] = [];
  let last: Uint8Array | undefined;
  const run = (): readonly IndexEntry[] => {
    if (isAscending(window, last)) return window;
    const floor = last;
    const above = window.filter(({ key }) => floor === undefined || compareBytes(floor, key) < 0);
    return withThoseBetween(longestAscending(above.filter(isPlausible)), above, floor);
  };
  for (const entry of entries) {
    window.push(entry);
    if (window.length < windowEntries) continue;
    const half = new Set(window.slice(0, windowEntries / 2));
    for (const one of run()) {
      if (!half.has(one)) break;
      last = one.key;
      yield one;
    }
    window = window.slice(half.size);
  }
  yield* run();
}

function isAscending(entries: readonly IndexEntry[], floor: Uint8Array | undefined): boolean {
  let last = floor;
  for (const { key } of entries) {
    if (last !== undefined && compareBytes(last, key) >= 0) return false;
    last = key;
  }
  return true;
}

/** The longest strictly ascending subsequence, by patience sorting: n log n comparisons. */
function longestAscending(entries: readonly IndexEntry[]): IndexEntry[] {
  /** By length less one: the entry with the least key that ends a run so long. */
  const ends: number[] = [];
  const before = new Int32Array(entries.length);
  for (const [index, { key }] of entries.entries()) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(entries[ends[middle]!]!.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? -1 : ends[low - 1]!;
    ends[low] = index;
  }
  const run: IndexEntry[] = [];
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index]!) run.push(entries[index]!);
  return run.reverse();
}

/** A run, and of all that lies around its entries the longest runs that fit in between. */
function withThoseBetween(
  run: readonly IndexEntry[],
  all: readonly IndexEntry[],
  floor: Uint8Array | undefined,
): IndexEntry[] {
  const taken: IndexEntry[] = [];
  let at = 0;
  for (const next of [...run, undefined]) {
    const end = next === undefined ? all.length : all.indexOf(next, at);
    const low = taken.at(-1)?.key ?? floor;
    const between = all
      .slice(at, end)
      .filter(
        ({ key }) =>
          (low === undefined || compareBytes(low, key) < 0) &&
          (next === undefined || compareBytes(key, next.key) < 0),
      );
    taken.push(...longestAscending(between));
    if (next !== undefined) taken.push(next);
    at = end + 1;
  }
  return taken;
}
