import type { EntryCursor, EntryRange } from '../entry-cursor.js';
import {
  copiedEntry,
  copiedKey,
  countInRange,
  forEachEntryOf,
  itemsInRange,
  lentEntry,
} from '../entry-range.js';
import type { EntryVisitor, StoredEntry } from './store.js';

/** The reading side of a store, made from a cursor over its entries. */
export abstract class CursorStore {
  /** A cursor that stands nowhere yet. @throws StatelogError once the store is closed */
  protected abstract entryCursor(): EntryCursor;

  /** How many keys there are, without counting where that is known. */
  protected abstract countAll(): number;

  entries(range?: EntryRange): Iterable<StoredEntry> {
    return itemsInRange(this.entryCursor(), range, copiedEntry);
  }

  lentEntries(range?: EntryRange): Iterable<StoredEntry> {
    return itemsInRange(this.entryCursor(), range, lentEntry);
  }

  forEachEntry(visit: EntryVisitor): void {
    forEachEntryOf(this.entryCursor(), visit);
  }

  keys(range?: EntryRange): Iterable<Uint8Array> {
    return itemsInRange(this.entryCursor(), range, copiedKey);
  }

  count(range?: EntryRange): number {
    return range === undefined ? this.countAll() : countInRange(this.entryCursor(), range);
  }
}
