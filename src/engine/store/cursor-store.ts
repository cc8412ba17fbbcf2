import type { EntryCursor, EntryRange } from '../entry-cursor.js';
import {
  countInRange,
  entriesInRange,
  forEachEntryOf,
  keysInRange,
  lentEntriesInRange,
} from '../entry-range.js';
import type { EntryVisitor, StoredEntry } from './store.js';

/** The reading side of a store, made from a cursor over its entries. */
export abstract class CursorStore {
  /** A cursor that stands nowhere yet. @throws StatelogError once the store is closed */
  protected abstract entryCursor(): EntryCursor;

  /** How many keys there are, without counting where that is known. */
  protected abstract countAll(): number;

  entries(range?: EntryRange): Iterable<StoredEntry> {
    return entriesInRange(this.entryCursor(), range);
  }

  lentEntries(range?: EntryRange): Iterable<StoredEntry> {
    return lentEntriesInRange(this.entryCursor(), range);
  }

  forEachEntry(visit: EntryVisitor): void {
    forEachEntryOf(this.entryCursor(), visit);
  }

  keys(range?: EntryRange): Iterable<Uint8Array> {
    return keysInRange(this.entryCursor(), range);
  }

  count(range?: EntryRange): number {
    return range === undefined ? this.countAll() : countInRange(this.entryCursor(), range);
  }
}
