import { type MapChange, type MapPlan, OrderedMapPlanner } from '../../rkyv/ordered-map/patch/plan.js';
import type { StateFile } from '../../state/read/state-file.js';
import { runToEnd, type Steps } from '../../steps.js';
import type { CheckpointState } from '../state/core-state.js';

/** The size of a core's checkpoint, known before anything is written. */
export interface CoreForecast {
  readonly count: number;
  readonly keyBytes: number;
  readonly liveBytes: number;
  /** Value bytes of the state file if it is appended to. */
  readonly appendedTo: number;
  /** How the index is made from the one before; undefined where it is better written whole. */
  readonly plan: MapPlan | undefined;
}

/** A look-up in the index takes as long as so many moves of a cursor over it. */
const MOVES_A_LOOKUP = 16;
const LOOKUPS_A_STEP = 64;

/** True where so few changes lie over an index that they are looked up in it one by one, and it may be patched. */
export function areFew(changes: number, entries: number): boolean {
  return changes * MOVES_A_LOOKUP < entries;
}

/** Counts what the checkpoint of a core will hold: whether the last one has it is asked for each key that changed. */
export function forecastCheckpoint(core: CheckpointState): CoreForecast {
  return runToEnd(forecastInSteps(core));
}

/** Does what `forecastCheckpoint` does, in steps. */
export function* forecastInSteps({ base, overlay }: CheckpointState): Steps<CoreForecast> {
  const appendedTo = (base?.writePos ?? 0) + overlay.valueBytes;
  if (base === undefined && !overlay.hasTombstones) {
    const { count, keyBytes, valueBytes } = overlay;
    return { count, keyBytes, liveBytes: valueBytes, appendedTo, plan: undefined };
  }
  try {
    return { ...(yield* countInSteps({ base, overlay })), appendedTo };
  } catch (error) {
    throw base?.located(error) ?? error;
  }
}

function* countInSteps({ base, overlay }: CheckpointState): Steps<Omit<CoreForecast, 'appendedTo'>> {
  let count = base?.count ?? 0;
  let keyBytes = base?.keyBytes ?? 0;
  let liveBytes = base?.liveBytes ?? 0;
  // Neither counts as look-ups, for which the file would be mapped.
  const planner = areFew(overlay.count, count) ? new OrderedMapPlanner(base!.map) : undefined;
  const walk = base === undefined || planner !== undefined ? undefined : new AscendingPlaces(base);
  const cursor = overlay.cursor();
  let asked = 0;
  for (let valid = cursor.first(); valid; valid = cursor.next()) {
    if (++asked % LOOKUPS_A_STEP === 0) yield;
    const { keyLength, deleted } = cursor;
    const isInBase = planner === undefined ? walk?.find(cursor) === true : yield* planner.visit(cursor);
    if (isInBase) liveBytes -= (planner ?? walk)!.length;
    if (isInBase && deleted) {
      count--;
      keyBytes -= keyLength;
    }
    if (deleted) continue;
    liveBytes += cursor.valueLength;
    if (isInBase) continue;
    count++;
    keyBytes += keyLength;
  }
  const plan = planner === undefined ? undefined : yield* planner.finish();
  return { count, keyBytes, liveBytes, plan };
}

/** Finds the values of keys that are asked for in ascending order, in one walk. */
class AscendingPlaces {
  readonly #cursor: ReturnType<StateFile['cursor']>;
  #isValid: boolean;

  constructor(base: StateFile) {
    this.#cursor = base.cursor();
    this.#isValid = this.#cursor.first();
  }

  find({ buffer, keyStart, keyLength }: MapChange): boolean {
    const cursor = this.#cursor;
    let order = 1;
    while (this.#isValid && (order = cursor.compareKey(buffer, keyStart, keyLength)) < 0) {
      this.#isValid = cursor.next();
    }
    return this.#isValid && order === 0;
  }

  /** Length of the value that was found. */
  get length(): number {
    return this.#cursor.length;
  }
}
