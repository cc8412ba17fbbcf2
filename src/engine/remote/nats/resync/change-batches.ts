import type { WatchCursor } from '../../../fold/format/watch-cursor.js';
import { BATCH_BYTES_MAX, BATCH_CHANGES_MAX } from '../pull/batch-collector.js';
import type { AppliedChange, PullTarget } from '../pull/pull-target.js';

/** Hands corrections to a target in batches, all behind one cursor. */
export async function takeInBatches(
  target: PullTarget,
  changes: Iterable<AppliedChange>,
  cursor: WatchCursor,
): Promise<void> {
  let batch: AppliedChange[] = [];
  let bytes = 0;
  for (const change of changes) {
    batch.push(change);
    bytes += change.key.length + (change.value?.length ?? 0);
    if (batch.length < BATCH_CHANGES_MAX && bytes < BATCH_BYTES_MAX) continue;
    await target.take({ changes: batch, cursor, isRepeat: false });
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) await target.take({ changes: batch, cursor, isRepeat: false });
}
