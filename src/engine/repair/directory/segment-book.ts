import { joinI64 } from '../../bytes/halves.js';
import type { KeptLog } from '../../inspect/kept-logs.js';
import { TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { OwnOperation, RenumberingCopier } from '../log/renumbering-copier.js';

/** Keeps count of a new segment, and closes that of a closed epoch. */
export class SegmentBook {
  readonly first: bigint;
  readonly #log: KeptLog;
  readonly #coreId: number;
  #records = 0;
  #endsWithBarrier = false;
  #timestampLow = 0;
  #timestampHigh = 0;

  constructor(log: KeptLog, coreId: number, first: bigint) {
    this.#log = log;
    this.#coreId = coreId;
    this.first = first;
  }

  /** The number of the record after the segment's last, counting the barrier that `close` adds. */
  get nextSequence(): bigint {
    return this.first + BigInt(this.#records) + (this.needsBarrier ? 1n : 0n);
  }

  /** True for a closed log that does not end with its barrier. */
  get needsBarrier(): boolean {
    return !this.#log.isLive && !this.#endsWithBarrier;
  }

  take({ tag, timestampLow, timestampHigh }: WalEntryView): void {
    this.#records += 1;
    this.#endsWithBarrier = tag === TAG_EPOCH_BARRIER;
    this.#timestampLow = timestampLow;
    this.#timestampHigh = timestampHigh;
  }

  /** True for the log that is written on. */
  get isLive(): boolean {
    return this.#log.isLive;
  }

  /** Adds the barrier that a closed log has lost. */
  close(copier: RenumberingCopier): void {
    if (!this.needsBarrier) return;
    const { epoch } = this.#log;
    this.add(copier, epoch, { op: 'epochBarrier', barrierEpoch: epoch });
  }

  /** Adds a record of our own, no earlier than what is before it. */
  add(copier: RenumberingCopier, epoch: bigint, operation: OwnOperation): void {
    const lastNs = joinI64(this.#timestampLow, this.#timestampHigh);
    const earliestNs = this.#log.before?.cores[this.#coreId]?.lastTimestampNs ?? 0n;
    copier.add({
      epoch,
      sequence: copier.nextSequence,
      coreId: this.#coreId,
      timestampNs: lastNs > earliestNs ? lastNs : earliestNs,
      operation,
      lag: 0,
    });
  }
}
