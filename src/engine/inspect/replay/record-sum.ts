import { compareSignedHalves, joinI64 } from '../../bytes/halves.js';

/** A total of records, with the earliest and the latest of their times. Allocates nothing for a record. */
export class RecordSum {
  count = 0;
  /** Headers included. */
  bytes = 0;
  #firstLow = 0;
  #firstHigh = 0;
  #lastLow = 0;
  #lastHigh = 0;

  /** Adds a record whose time, an i64 of nanoseconds, is given as unsigned halves. */
  add(recordBytes: number, low: number, high: number): void {
    if (this.count === 0 || compareSignedHalves(low, high, this.#firstLow, this.#firstHigh) < 0) {
      this.#firstLow = low;
      this.#firstHigh = high;
    }
    if (this.count === 0 || compareSignedHalves(low, high, this.#lastLow, this.#lastHigh) > 0) {
      this.#lastLow = low;
      this.#lastHigh = high;
    }
    this.count += 1;
    this.bytes += recordBytes;
  }

  /** Nanoseconds since 1970; meaningless before the first record. */
  get firstTimestampNs(): bigint {
    return joinI64(this.#firstLow, this.#firstHigh);
  }

  get lastTimestampNs(): bigint {
    return joinI64(this.#lastLow, this.#lastHigh);
  }
}
