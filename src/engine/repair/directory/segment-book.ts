import { joinI64 } from '../../bytes/halves.js';
import type { KeptLog } from '../../inspect/kept-logs.js';
import { TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { RenumberingCopier } from '../log/renumbering-copier.js';

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

  /** What the record after the segment's last is numbered, a barrier counted that `close` adds. */
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

  /** Adds the barrier that a closed log has lost. */
  close(copier: RenumberingCopier): void {
    if (!this.needsBarrier) return;
    const { epoch, before } = this.#log;
    const lastNs = joinI64(this.#timestampLow, this.#timestampHigh);
    const earliestNs = before?.cores[this.#coreId]?.lastTimestampNs ?? 0n;
    copier.add({
      epoch,
      sequence: copier.nextSequence,
      coreId: this.#coreId,
      timestampNs: lastNs > earliestNs ? lastNs : earliestNs,
      operation: { op: 'epochBarrier', barrierEpoch: epoch },
      lag: 0,
    });
  }
}
