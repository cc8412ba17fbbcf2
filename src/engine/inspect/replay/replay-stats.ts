import { compareSignedHalves, joinI64 } from '../../bytes/halves.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { OPERATIONS, type OperationName } from './replay-filter.js';

/** The totals of one operation's records. */
export interface OperationStats {
  readonly operation: OperationName;
  readonly count: number;
  /** Bytes of the records, headers included. */
  readonly bytes: number;
  /** The earliest and the latest timestamp. */
  readonly firstTimestampNs: bigint;
  readonly lastTimestampNs: bigint;
}

class OperationSum {
  count = 0;
  bytes = 0;
  firstLow = 0;
  firstHigh = 0;
  lastLow = 0;
  lastHigh = 0;

  add({ timestampLow: low, timestampHigh: high }: WalEntryView, recordBytes: number): void {
    if (this.count === 0 || compareSignedHalves(low, high, this.firstLow, this.firstHigh) < 0) {
      this.firstLow = low;
      this.firstHigh = high;
    }
    if (this.count === 0 || compareSignedHalves(low, high, this.lastLow, this.lastHigh) > 0) {
      this.lastLow = low;
      this.lastHigh = high;
    }
    this.count += 1;
    this.bytes += recordBytes;
  }
}

/** Sums records up by operation. Allocates nothing for a record. */
export class ReplayStats {
  readonly #sums = OPERATIONS.map(() => new OperationSum());

  add(view: WalEntryView, recordBytes: number): void {
    this.#sums[view.tag]!.add(view, recordBytes);
  }

  /** Every operation that occurred. */
  get operations(): OperationStats[] {
    return this.#sums.flatMap((sum, tag): OperationStats[] =>
      sum.count === 0
        ? []
        : [
            {
              operation: OPERATIONS[tag]!,
              count: sum.count,
              bytes: sum.bytes,
              firstTimestampNs: joinI64(sum.firstLow, sum.firstHigh),
              lastTimestampNs: joinI64(sum.lastLow, sum.lastHigh),
            },
          ],
    );
  }

  /** Records of all operations together. */
  get records(): number {
    return this.#sums.reduce((total, { count }) => total + count, 0);
  }

  get bytes(): number {
    return this.#sums.reduce((total, { bytes }) => total + bytes, 0);
  }
}
