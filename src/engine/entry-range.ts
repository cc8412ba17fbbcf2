import { checkBytesIfGiven } from './bytes/byte-argument.js';
import { compareBytes, prefixSuccessor, startsWithBytes } from './bytes/compare.js';
import { freeCopy } from './bytes/free-copy.js';
import type { Entry, EntryCursor, EntryRange } from './entry-cursor.js';

/** Moves a cursor over the entries of a range one by one. A generator in its place makes each step take a third longer. */
export class RangeWalk {
  readonly cursor: EntryCursor;
  readonly #low: Uint8Array | undefined;
  readonly #high: Uint8Array | undefined;
  readonly #isReverse: boolean;
  #isBegun = false;

  /** @throws TypeError where a bound is anything but bytes */
  constructor(cursor: EntryCursor, range: EntryRange = {}) {
    checkRange(range);
    this.cursor = cursor;
    this.#low = lowerBound(range);
    this.#high = upperBound(range);
    this.#isReverse = range.reverse === true;
  }

  /** Moves to the next entry of the range, the first time to its first. @returns false where there is none */
  next(): boolean {
    const cursor = this.cursor;
    if (!this.#isBegun) return this.#begin();
    if (this.#isReverse) return cursor.previous() && this.#isAboveLow();
    return cursor.next() && this.#isBelowHigh();
  }

  #begin(): boolean {
    const cursor = this.cursor;
    const low = this.#low;
    const high = this.#high;
    this.#isBegun = true;
    if (low !== undefined && high !== undefined && compareBytes(low, high) >= 0) return false;
    if (!this.#isReverse)
      return (low === undefined ? cursor.first() : cursor.seek(low)) && this.#isBelowHigh();
    return (high === undefined ? cursor.last() : cursor.seekBefore(high)) && this.#isAboveLow();
  }

  #isAboveLow(): boolean {
    return this.#low === undefined || compareBytes(this.cursor.key, this.#low) >= 0;
  }

  #isBelowHigh(): boolean {
    return this.#high === undefined || compareBytes(this.cursor.key, this.#high) < 0;
  }
}

/** A copy of the entry that a cursor stands on, free to keep. */
export function copiedEntry(cursor: EntryCursor): Entry {
  return { key: freeCopy(cursor.key), value: freeCopy(cursor.value()) };
}

/** The entry that a cursor stands on, valid until it moves. */
export function lentEntry(cursor: EntryCursor): Entry {
  return { key: cursor.key, value: cursor.value() };
}

/** A copy of the key that a cursor stands on. */
export function copiedKey(cursor: EntryCursor): Uint8Array {
  return cursor.key.slice();
}

/** Walks a cursor over a range, forwards or backwards, yielding an item for each entry. */
export function* itemsInRange<Cursor extends EntryCursor, Item>(
  cursor: Cursor,
  range: EntryRange | undefined,
  itemOf: (cursor: Cursor) => Item,
): Generator<Item, void> {
  const walk = new RangeWalk(cursor, range);
  while (walk.next()) yield itemOf(cursor);
}

/** How many keys there are in the range. */
export function countInRange(cursor: EntryCursor, range?: EntryRange): number {
  const walk = new RangeWalk(cursor, range);
  let count = 0;
  while (walk.next()) count++;
  return count;
}

/** Shows every entry of a cursor, in key order; key and value are lent for the call. */
export function forEachEntryOf(
  cursor: EntryCursor,
  visit: (key: Uint8Array, value: Uint8Array) => void,
): void {
  for (let valid = cursor.first(); valid; valid = cursor.next()) visit(cursor.key, cursor.value());
}

/** @throws TypeError where a bound is anything but bytes */
export function checkRange({ prefix, from, after, to }: EntryRange): void {
  checkBytesIfGiven(prefix, 'prefix');
  checkBytesIfGiven(from, 'from');
  checkBytesIfGiven(after, 'after');
  checkBytesIfGiven(to, 'to');
}

/** True if `key` lies in the range. */
export function isInRange(key: Uint8Array, range: EntryRange): boolean {
  const low = lowerBound(range);
  const high = upperBound(range);
  if (range.prefix !== undefined && !startsWithBytes(key, range.prefix)) return false;
  return (
    (low === undefined || compareBytes(key, low) >= 0) && (high === undefined || compareBytes(key, high) < 0)
  );
}

/** The least key that is in the range: the greatest of all lower bounds. */
function lowerBound(range: EntryRange): Uint8Array | undefined {
  const after = range.after === undefined ? undefined : successor(range.after);
  return pick([range.from, after, range.prefix], (order) => order > 0);
}

/** The first key past the range: the least of all upper bounds. */
function upperBound(range: EntryRange): Uint8Array | undefined {
  const prefixEnd = range.prefix === undefined ? undefined : prefixSuccessor(range.prefix);
  return pick([range.to, prefixEnd], (order) => order < 0);
}

/** The least key greater than `key`. */
function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

function pick(
  bounds: readonly (Uint8Array | undefined)[],
  better: (order: number) => boolean,
): Uint8Array | undefined {
  let best: Uint8Array | undefined;
  for (const bound of bounds) {
    if (bound !== undefined && (best === undefined || better(compareBytes(bound, best)))) best = bound;
  }
  return best;
}
