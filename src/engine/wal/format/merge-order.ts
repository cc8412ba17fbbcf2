import { compareHalves, compareSignedHalves } from '../../bytes/halves.js';
import type { OrderFields } from './record-order.js';

/** The order in which the records of all cores are merged: epoch, timestamp, core, sequence. */
export function compareMerged(a: OrderFields, b: OrderFields): number {
  return (
    compareHalves(a.epochLow, a.epochHigh, b.epochLow, b.epochHigh) ||
    compareSignedHalves(a.timestampLow, a.timestampHigh, b.timestampLow, b.timestampHigh) ||
    a.coreId - b.coreId ||
    compareHalves(a.sequenceLow, a.sequenceHigh, b.sequenceLow, b.sequenceHigh)
  );
}

/** A copy of the fields that records are merged by. */
export class MergeKey implements OrderFields {
  epochLow = 0;
  epochHigh = 0;
  sequenceLow = 0;
  sequenceHigh = 0;
  timestampLow = 0;
  timestampHigh = 0;
  coreId = 0;
  lag = -1;

  copyFrom(fields: OrderFields): void {
    this.epochLow = fields.epochLow;
    this.epochHigh = fields.epochHigh;
    this.sequenceLow = fields.sequenceLow;
    this.sequenceHigh = fields.sequenceHigh;
    this.timestampLow = fields.timestampLow;
    this.timestampHigh = fields.timestampHigh;
    this.coreId = fields.coreId;
    this.lag = fields.lag;
  }
}
