import { checkBytesIfGiven } from './bytes/byte-argument.js';
import { compareBytes, prefixSuccessor, startsWithBytes } from './bytes/compare.js';
import { freeCopy } from './bytes/free-copy.js';
import type { Entry, EntryCursor, EntryRange } from './entry-cursor.js';

/** Walks a cursor over a range, forwards or backwards, yielding copies that are free to keep. */
export function* entriesInRange(cursor: EntryCursor, range: EntryRange = {}): Generator<Entry, void> {
  for (const at of positionsInRange(cursor, range))
    yield { key: freeCopy(at.key), value: freeCopy(at.value()) };
}

/** Walks a cursor as `entriesInRange` does, without copies: each entry is valid until the next one is asked for. */
export function* lentEntriesInRange(cursor: EntryCursor, range: EntryRange = {}): Generator<Entry, void> {
  for (const at of positionsInRange(cursor, range)) yield { key: at.key, value: at.value() };
}

/** The keys alone, as copies; no value is read. */
export function* keysInRange(cursor: EntryCursor, range: EntryRange = {}): Generator<Uint8Array, void> {
  for (const at of positionsInRange(cursor, range)) yield at.key.slice();
}

/** Moves a cursor over the entries of a range in turn, without copies, and yields the cursor itself. */
export function* positionsInRange(cursor: EntryCursor, range: EntryRange = {}): Generator<EntryCursor, void> {
  const { low, high } = boundsOf(range);
  if (isEmpty(low, high)) return;
  if (range.reverse === true) {
    let valid = high === undefined ? cursor.last() : cursor.seekBefore(high);
    for (; valid && (low === undefined || compareBytes(cursor.key, low) >= 0); valid = cursor.previous())
      yield cursor;
    return;
  }
  let valid = low === undefined ? cursor.first() : cursor.seek(low);
  for (; valid && (high === undefined || compareBytes(cursor.key, high) < 0); valid = cursor.next())
    yield cursor;
}

/** How many keys there are in the range. */
export function countInRange(cursor: EntryCursor, range: EntryRange = {}): number {
  const { low, high } = boundsOf(range);
  if (isEmpty(low, high)) return 0;
  let count = 0;
  let valid = low === undefined ? cursor.first() : cursor.seek(low);
  // A generator, as the walks above are, would take a third longer.
  for (; valid && (high === undefined || compareBytes(cursor.key, high) < 0); valid = cursor.next()) count++;
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

/** The first key that is in the range, and the first one past it; undefined for no bound. @throws as `checkRange` */
function boundsOf(range: EntryRange): Record<'low' | 'high', Uint8Array | undefined> {
  checkRange(range);
  return { low: lowerBound(range), high: upperBound(range) };
}

function isEmpty(low: Uint8Array | undefined, high: Uint8Array | undefined): boolean {
  return low !== undefined && high !== undefined && compareBytes(low, high) >= 0;
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
