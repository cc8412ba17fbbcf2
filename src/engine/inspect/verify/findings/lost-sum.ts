import { joinI64, joinU64 } from '../../../bytes/halves.js';
import type { LossSum, LostRecords, RecordBehind } from '../../../finding.js';

/**
 * The losses of one place of a file behind the other, as one. Of places whose loss is known exactly only the last is put into
 * words: a file may have one at every few bytes.
 */
export class LostSum implements LossSum {
  #lost: LostRecords | undefined;
  /** The records of all places, and the fields of the last exact one that is not in `#lost` yet. */
  #records = 0;
  #isBehind = false;
  #isLastEmpty = false;
  #sequenceLow = 0;
  #sequenceHigh = 0;
  #timestampLow = 0;
  #timestampHigh = 0;

  /** @param first the loss of the first place, where it has one */
  constructor(first: LostRecords | undefined) {
    this.#lost = first;
  }

  add(next: LostRecords | undefined): void {
    this.#lost = together(this.told(), next);
  }

  addExact(records: number, restarts: number, behind: RecordBehind): boolean {
    const lost = this.#lost;
    if (lost === undefined || (lost.restarts ?? 0) !== restarts) return false;
    this.#records = (this.#isBehind ? this.#records : lost.records) + records;
    this.#isBehind = true;
    this.#isLastEmpty = records === 0;
    this.#sequenceLow = behind.sequenceLow;
    this.#sequenceHigh = behind.sequenceHigh;
    this.#timestampLow = behind.timestampLow;
    this.#timestampHigh = behind.timestampHigh;
    return true;
  }

  /** All of them; undefined where nothing is lost. */
  told(): LostRecords | undefined {
    if (this.#lost === undefined || !this.#isBehind) return this.#lost;
    this.#isBehind = false;
    const end = joinU64(this.#sequenceLow, this.#sequenceHigh);
    this.#lost = {
      ...this.#lost,
      records: this.#records,
      lastSequence: this.#isLastEmpty ? undefined : String(end - 1n),
      beforeNs: String(joinI64(this.#timestampLow, this.#timestampHigh)),
    };
    return this.#lost;
  }
}

/** The losses of two places of one file, the one behind the other. */
function together(one: LostRecords | undefined, next: LostRecords | undefined): LostRecords | undefined {
  if (one === undefined || next === undefined) return one ?? next;
  const sum = { records: one.records + next.records, isExact: one.isExact && next.isExact };
  const { coreId, afterNs } = one;
  const { beforeNs, restarts } = next;
  // Where numbering began anew between them, no two sequences are the ends of it.
  if (one.restarts !== restarts) return { ...sum, coreId, afterNs, beforeNs, restarts };
  return { ...one, ...sum, lastSequence: next.lastSequence, beforeNs };
}
