import { compareHalves, compareSignedHalves, readU16, readU32 } from '../../bytes/halves.js';
import { LAG_PRESENT, ROOT } from '../../rkyv/entry/wal-entry-format.js';
import type { OrderFields } from './record-order.js';

/** The order in which the records of all cores are merged: epoch, timestamp, core, sequence. */
export function compareMerged(a: OrderFields, b: OrderFields): number {
  return compareHalves(a.epochLow, a.epochHigh, b.epochLow, b.epochHigh) || compareByTime(a, b);
}

/** The order of records whose epochs say nothing of each other, as those of different stores: timestamp, core, sequence. */
export function compareByTime(a: OrderFields, b: OrderFields): number {
  return (
    compareSignedHalves(a.timestampLow, a.timestampHigh, b.timestampLow, b.timestampHigh) ||
    a.coreId - b.coreId ||
    compareHalves(a.sequenceLow, a.sequenceHigh, b.sequenceLow, b.sequenceHigh)
  );
}

/** The fields that order is judged by, of one record after the other. */
export class KeptOrder implements OrderFields {
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

  /** Takes them from a root, wherever it lies. */
  read(bytes: Uint8Array, root: number): void {
    this.epochLow = readU32(bytes, root + ROOT.epoch);
    this.epochHigh = readU32(bytes, root + ROOT.epoch + 4);
    this.sequenceLow = readU32(bytes, root + ROOT.sequence);
    this.sequenceHigh = readU32(bytes, root + ROOT.sequence + 4);
    this.timestampLow = readU32(bytes, root + ROOT.timestampNs);
    this.timestampHigh = readU32(bytes, root + ROOT.timestampNs + 4);
    this.coreId = readU16(bytes, root + ROOT.coreId);
    const hasLag = readU16(bytes, root + ROOT.lagMark) === LAG_PRESENT;
    this.lag = hasLag ? readU32(bytes, root + ROOT.lag) : -1;
  }
}
