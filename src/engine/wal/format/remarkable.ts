import { compareHalves, joinI64, joinU64 } from '../../bytes/halves.js';
import type { OrderFields, RecordOrder } from './record-order.js';

/**
 * A good record whose sequence is not the one that was due, and what the one before it said. Numbers are made of it only where it
 * is put into words: a segment may be made of such records.
 */
export class Remarkable {
  readonly standing: 'restart' | 'jump';
  readonly offsetBefore: number;
  /** Whether numbering began anew, and the epoch with it. */
  readonly isSequenceBack: boolean;
  readonly isEpochBack: boolean;
  readonly #dueLow: number;
  readonly #dueHigh: number;
  readonly #epochLow: number;
  readonly #epochHigh: number;
  readonly #timestampLow: number;
  readonly #timestampHigh: number;

  /** @param order of the records before it */
  constructor(standing: 'restart' | 'jump', order: RecordOrder, fields: OrderFields) {
    this.standing = standing;
    this.offsetBefore = order.lastOffset;
    this.#dueLow = order.nextSequenceLow;
    this.#dueHigh = order.nextSequenceHigh;
    this.#epochLow = order.lastEpochLow;
    this.#epochHigh = order.lastEpochHigh;
    this.#timestampLow = order.lastTimestampLow;
    this.#timestampHigh = order.lastTimestampHigh;
    const { sequenceLow, sequenceHigh, epochLow, epochHigh } = fields;
    this.isSequenceBack = compareHalves(sequenceLow, sequenceHigh, this.#dueLow, this.#dueHigh) < 0;
    this.isEpochBack = compareHalves(epochLow, epochHigh, this.#epochLow, this.#epochHigh) < 0;
  }

  /** How many records are missing before this one. */
  missingBefore({ sequenceLow, sequenceHigh }: OrderFields): number {
    if (this.isSequenceBack) return sequenceHigh * 0x1_0000_0000 + sequenceLow;
    return (sequenceHigh - this.#dueHigh) * 0x1_0000_0000 + (sequenceLow - this.#dueLow);
  }

  get sequenceDue(): bigint {
    return joinU64(this.#dueLow, this.#dueHigh);
  }

  get epochBefore(): bigint {
    return joinU64(this.#epochLow, this.#epochHigh);
  }

  get timestampBeforeNs(): bigint {
    return joinI64(this.#timestampLow, this.#timestampHigh);
  }
}
