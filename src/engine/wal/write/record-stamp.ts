import { assert } from '../../assert.js';
import { compareSignedHalves, highHalf, joinI64, joinU64, lowHalf } from '../../bytes/halves.js';
import { createWalEntryHeader, type WalEntryHeader } from '../../rkyv/entry/wal-entry-encoder.js';
import type { WalEntry } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { Clock } from '../../storage-io/interface/clock.js';

const U64_LIMIT = 2n ** 64n;
const I64_MIN = -(2n ** 63n);
/** Reading the clock costs as much as encoding a record: of a group, so many records share one reading. */
const USES_OF_A_READING = 8;
const CORE_ID_MAX = 0xffff;

/** The point at which a segment's numbering goes on. */
export interface StampStart {
  /** The sequence of the next record; default 0. */
  readonly nextSequence?: bigint | undefined;
  /** No timestamp is earlier than this; default: any may be. */
  readonly lastTimestampNs?: bigint | undefined;
  /** The epoch of the next record; default 0. */
  readonly epoch?: bigint | undefined;
}

/**
 * The fields of each record beside its operation: core, epoch, sequence, time and lag.
 *
 * Invariants:
 * - `header` has the sequence and the epoch of the next record, and the timestamp of the last one;
 * - sequences go up by one, timestamps and epochs of records never go back.
 */
export class RecordStamp {
  readonly header: WalEntryHeader = createWalEntryHeader();
  readonly #clock: Clock;
  readonly #now = new Uint32Array(2);
  #usesLeft = 0;
  /** The epoch of the last record: no later one may be below it. */
  #epochMinLow = 0;
  #epochMinHigh = 0;

  constructor(coreId: number, clock: Clock, start: StampStart = {}) {
    if (!(Number.isInteger(coreId) && coreId >= 0 && coreId <= CORE_ID_MAX)) {
      throw new RangeError(`a core is a whole number from 0 to ${CORE_ID_MAX}, not ${coreId}`);
    }
    this.#clock = clock;
    this.header.coreId = coreId;
    const { nextSequence = 0n, lastTimestampNs = I64_MIN, epoch = 0n } = start;
    this.setSequence(nextSequence);
    this.#setTimestamp(lastTimestampNs);
    this.#setEpoch(epoch);
  }

  get epoch(): bigint {
    return joinU64(this.header.epochLow, this.header.epochHigh);
  }

  /** The sequence of the next record. */
  get sequence(): bigint {
    return joinU64(this.header.sequenceLow, this.header.sequenceHigh);
  }

  /** The timestamp of the last record. */
  get lastTimestampNs(): bigint {
    return joinI64(this.header.timestampLow, this.header.timestampHigh);
  }

  /** @throws RangeError where the epoch is no u64, or below that of a record already there */
  setEpoch(epoch: bigint): void {
    if (epoch < joinU64(this.#epochMinLow, this.#epochMinHigh)) {
      throw new RangeError(`epoch ${epoch} is below that of the last record: epochs never go back`);
    }
    this.#setEpoch(epoch);
  }

  setSequence(sequence: bigint): void {
    if (!(sequence >= 0n && sequence < U64_LIMIT)) throw new RangeError(`sequence ${sequence} is no u64`);
    this.header.sequenceLow = lowHalf(sequence);
    this.header.sequenceHigh = highHalf(sequence);
  }

  /** Says that a group has ended: the next record's time is read anew. */
  endGroup(): void {
    this.#usesLeft = 0;
  }

  /** Makes the header ready for a record: now, or the last record's time where the clock went back. */
  prepare(lag: number): void {
    this.header.lag = lag;
    if (this.#usesLeft === 0) this.#readClock();
    this.#usesLeft -= 1;
  }

  #readClock(): void {
    const { header } = this;
    const now = this.#now;
    this.#usesLeft = USES_OF_A_READING;
    this.#clock.read(now);
    const low = now[0]!;
    const high = now[1]!;
    if (compareSignedHalves(low, high, header.timestampLow, header.timestampHigh) > 0) {
      header.timestampLow = low;
      header.timestampHigh = high;
    }
  }

  /**
   * Makes the header ready for a record with the epoch, the sequence and the time of `entry`.
   * @throws RangeError where one of them, or its core, would leave a segment out of order
   */
  prepareAs(entry: WalEntry, lag: number): void {
    if (entry.coreId !== this.header.coreId) {
      throw new RangeError(`the entry is of core ${entry.coreId}, the segment of ${this.header.coreId}`);
    }
    if (entry.sequence < this.sequence) {
      throw new RangeError(`sequence ${entry.sequence} comes before ${this.sequence}, which is due`);
    }
    if (entry.timestampNs < this.lastTimestampNs) {
      throw new RangeError(`timestamp ${entry.timestampNs} is before that of the last record`);
    }
    this.setEpoch(entry.epoch);
    this.setSequence(entry.sequence);
    this.#setTimestamp(entry.timestampNs);
    this.endGroup();
    this.header.lag = lag;
  }

  /**
   * Makes the header ready for a copy of a record of another epoch: its time is kept, and its sequence, which must be the one
   * that is due.
   */
  prepareCopy(of: WalEntryView, lag: number): void {
    const { header } = this;
    assert(
      of.coreId === header.coreId &&
        of.sequenceLow === header.sequenceLow &&
        of.sequenceHigh === header.sequenceHigh,
      'records are copied in order, and none is left out',
    );
    header.timestampLow = of.timestampLow;
    header.timestampHigh = of.timestampHigh;
    header.lag = lag;
    this.#usesLeft = 0;
  }

  /** Says that the record was appended. */
  advance(): void {
    const { header } = this;
    header.sequenceLow = (header.sequenceLow + 1) >>> 0;
    if (header.sequenceLow === 0) header.sequenceHigh = (header.sequenceHigh + 1) >>> 0;
    this.#epochMinLow = header.epochLow;
    this.#epochMinHigh = header.epochHigh;
  }

  #setEpoch(epoch: bigint): void {
    if (!(epoch >= 0n && epoch < U64_LIMIT)) throw new RangeError(`epoch ${epoch} is no u64`);
    this.header.epochLow = lowHalf(epoch);
    this.header.epochHigh = highHalf(epoch);
  }

  #setTimestamp(timestampNs: bigint): void {
    if (!(timestampNs >= I64_MIN && timestampNs < -I64_MIN)) {
      throw new RangeError(`timestamp ${timestampNs} is no i64`);
    }
    this.header.timestampLow = lowHalf(timestampNs);
    this.header.timestampHigh = highHalf(timestampNs);
  }
}
