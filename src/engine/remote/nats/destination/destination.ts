import type { WatchCursor } from '../../../fold/format/watch-cursor.js';
import type { WritableStore } from '../../../store/store.js';
import type { Origin } from '../pull/origin.js';
import type { Batch } from '../pull/pull-target.js';

/** A store that batches are applied to. */
export interface Destination {
  readonly store: WritableStore;
  /** Applies a batch and its cursor; both are on disk when it resolves. */
  apply(batch: Batch): Promise<void>;
  /** True where the store has everything of the stream up to the cursor: what follows brings it further. */
  hasAllUpTo(cursor: WatchCursor, origin: Origin): boolean;
  /** True where the store is a copy of this stream, however old, or holds nothing. */
  isCopyOf(origin: Origin): boolean;
  /** Writes down which stream the store is a copy of. */
  setOrigin(origin: Origin): void;
}
