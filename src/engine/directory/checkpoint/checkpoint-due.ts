import { ENTRY_BYTES, STEP_BYTES } from './core-checkpoint.js';
import { areFew } from './core-forecast.js';
import type { CoreStates } from '../state/core-state.js';

/** A log longer than this is folded, so that a reader replays little. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;
/** In a batch, which ends with a checkpoint, it may grow to so much: a reader beside it takes a tenth of a second to replay it. */
const BATCH_LOG_BYTES_MAX = 64 * 1024 * 1024;
/** In a batch it may also grow to this part of the index, since each checkpoint writes the index anew. */
const LOG_PART_OF_INDEX_MAX = 0.25;

/** Steps that every checkpoint takes: folders, syncs, removing. */
const STEPS_BESIDE = 16;
/** The estimate is multiplied by this, so that the checkpoint is ready in good time. */
const MARGIN = 1.25;

/** A change is looked up in the checkpoint before, which takes as long as to write so many entries, and written. */
const LOOKUP_ENTRIES = 9;
/** An index that is patched is copied in steps of four times as many bytes, and a change is looked up and written in so many. */
const COPIED_PART = 1 / 4;
const PATCH_BYTES = 1536;

/** How many bytes the live log may have before a checkpoint is due. */
export function logBytesMax(states: CoreStates, isBatch: boolean): number {
  const indexBytes = states.all.reduce((sum, { base }) => sum + (base?.measure.indexLength ?? 0), 0);
  return isBatch ? Math.max(BATCH_LOG_BYTES_MAX, indexBytes * LOG_PART_OF_INDEX_MAX) : LOG_BYTES_MAX;
}

/** How many steps the checkpoint of these states will take, about: what comes to the log meanwhile included. */
export function expectedSteps(states: CoreStates, tailBytesMax: number, rewrite: boolean): number {
  let bytes = tailBytesMax;
  for (const { base, overlay } of states.all) {
    bytes += overlay.valueBytes;
    if (base !== undefined && !rewrite && areFew(overlay.count, base.count)) {
      bytes += base.measure.indexLength * COPIED_PART + overlay.count * PATCH_BYTES;
    } else {
      bytes += ((base?.count ?? 0) + LOOKUP_ENTRIES * overlay.count) * ENTRY_BYTES;
      if (rewrite) bytes += base?.liveBytes ?? 0;
    }
  }
  return Math.ceil((bytes / STEP_BYTES) * MARGIN) + STEPS_BESIDE;
}
