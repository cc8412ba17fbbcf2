import type { CountedRecord } from './record-groups.js';
import { RecordSum } from './record-sum.js';

/** The totals of one operation's records. */
export interface OperationStats {
  readonly operation: string;
  readonly count: number;
  /** Bytes of the records, headers included. */
  readonly bytes: number;
  /** The earliest and the latest timestamp. */
  readonly firstTimestampNs: bigint;
  readonly lastTimestampNs: bigint;
}

/** Sums records up by operation. Allocates nothing for a record. */
export class ReplayStats {
  readonly #names: readonly string[];
  readonly #sums: readonly RecordSum[];

  /** @param operations the names of all operations, by their number */
  constructor(operations: readonly string[]) {
    this.#names = operations;
    this.#sums = operations.map(() => new RecordSum());
  }

  take({ view, recordBytes }: CountedRecord): void {
    this.#sums[view.tag]!.add(recordBytes, view.timestampLow, view.timestampHigh);
  }

  /** Every operation that occurred. */
  get operations(): OperationStats[] {
    return this.#sums.flatMap((sum, tag): OperationStats[] => {
      const { count, bytes, firstTimestampNs, lastTimestampNs } = sum;
      const operation = this.#names[tag]!;
      return count === 0 ? [] : [{ operation, count, bytes, firstTimestampNs, lastTimestampNs }];
    });
  }

  /** Records of all operations together. */
  get records(): number {
    return this.#sums.reduce((total, { count }) => total + count, 0);
  }

  get bytes(): number {
    return this.#sums.reduce((total, { bytes }) => total + bytes, 0);
  }
}
