import { type MapChanges, OrderedMapPatcher } from '../../rkyv/ordered-map/patch/patcher.js';
import type { MapPlan } from '../../rkyv/ordered-map/patch/plan.js';
import type { Steps } from '../../steps.js';
import type { StateFile } from '../read/state-file.js';
import {
  type IndexFileFields,
  IndexFileOutput,
  type IndexFilePlace,
  type IndexFileResult,
  type IndexTotals,
} from './index-file-output.js';

/** An index that is made from another one by a few changes. */
export interface IndexPatch {
  /** The state file with the old index; it stays open meanwhile. */
  readonly base: StateFile;
  readonly plan: MapPlan;
  /** How many rkyv bytes the new index has: see `patchedIndexBytes`. */
  readonly indexLength: number;
  readonly totals: IndexTotals;
  readonly changes: MapChanges;
  /** Says where the value of the present change lies. */
  readonly placeValue: () => number;
}

/** Writes an index file from the one before: what the changes do not concern is copied, each page of it checked. */
export class IndexFilePatcher {
  readonly #patch: IndexPatch;
  readonly #output: IndexFileOutput;
  #indexLength = 0;

  constructor(place: IndexFilePlace, patch: IndexPatch) {
    this.#patch = patch;
    this.#output = new IndexFileOutput(place, patch.indexLength);
  }

  /**
   * Writes all rkyv bytes, in steps.
   * @throws StatelogError `DAMAGED` (class `index-mismatch`) where a page of the old index fails its checksum
   */
  *run(): Steps<void> {
    const { base, plan, changes, placeValue, indexLength } = this.#patch;
    const sink = (bytes: Uint8Array): void => {
      this.#output.take(bytes);
    };
    const patch = { place: base.map, plan, changes, placeValue, length: indexLength, sink };
    try {
      this.#indexLength = yield* new OrderedMapPatcher(patch).run();
    } catch (error) {
      throw base.located(error);
    }
  }

  /** Writes the block and the header, in steps. Nothing is synced. */
  finishInSteps(fields: IndexFileFields): Steps<IndexFileResult> {
    return this.#output.finish(this.#indexLength, this.#patch.totals, fields);
  }
}
