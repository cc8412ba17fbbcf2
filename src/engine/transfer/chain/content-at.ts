import type { IncrementPosition } from '../../lines/increment-position.js';
import type { StoredEntry } from '../../store/store.js';

/** The content of a store at one of its positions. */
export interface ContentAt {
  readonly position: IncrementPosition;
  /** All entries in key order, each valid until the next is asked for. */
  readonly lentEntries: () => Iterable<StoredEntry>;
}
