import { compareBytes } from '../../bytes/compare.js';
import type { EntryPair } from '../../inspect/compare-stores.js';
import type { StoredEntry } from '../../store/store.js';

/** A key, and its entry after a change; undefined where it was deleted. */
export interface ChangedEntry {
  readonly key: Uint8Array;
  readonly after: StoredEntry | undefined;
}

/**
 * Pairs the entries of a content with those after the changes, both in key order. The two sides of a key that did not change are one object.
 * Only the content is read: with many entries and few changes in half the time of going through both.
 */
export function* changesOver(
  entries: Iterable<StoredEntry>,
  changes: Iterable<ChangedEntry>,
): Generator<EntryPair<StoredEntry>, void> {
  const left = changes[Symbol.iterator]();
  let next = left.next();
  for (const entry of entries) {
    let order = -1;
    while (next.done !== true && (order = compareBytes(next.value.key, entry.key)) < 0) {
      yield* added(next.value);
      next = left.next();
    }
    if (next.done === true || order !== 0) yield { before: entry, after: entry };
    else {
      yield { before: entry, after: next.value.after };
      next = left.next();
    }
  }
  for (; next.done !== true; next = left.next()) yield* added(next.value);
}

/** Nothing for a key that came and went. */
function* added({ after }: ChangedEntry): Generator<EntryPair<StoredEntry>, void> {
  if (after !== undefined) yield { before: undefined, after };
}
