import type { CoreStates } from '../state/core-state.js';

/** A log longer than this is folded, so that a reader replays little. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;
/** In a batch, which ends with a checkpoint, it may grow to so much: a reader beside it takes a tenth of a second to replay it. */
const BATCH_LOG_BYTES_MAX = 64 * 1024 * 1024;
/** In a batch it may also grow to this part of the index, since each checkpoint writes the index anew. */
const LOG_PART_OF_INDEX_MAX = 0.25;

/** How many bytes the live log may have before a checkpoint is due. */
export function logBytesMax(states: CoreStates, isBatch: boolean): number {
  const indexBytes = states.all.reduce((sum, { base }) => sum + (base?.measure.indexLength ?? 0), 0);
  return isBatch ? Math.max(BATCH_LOG_BYTES_MAX, indexBytes * LOG_PART_OF_INDEX_MAX) : LOG_BYTES_MAX;
}
