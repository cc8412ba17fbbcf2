import {
  compareHalves,
  compareSignedHalves,
  highHalf,
  joinI64,
  joinU64,
  lowHalf,
} from '../../bytes/halves.js';
import { RECORD_BYTES_MIN } from './record.js';

/** The fields of `WalEntryView` that decide where an entry belongs. */
export interface OrderFields {
  readonly epochLow: number;
  readonly epochHigh: number;
  readonly sequenceLow: number;
  readonly sequenceHigh: number;
  readonly timestampLow: number;
  readonly timestampHigh: number;
  readonly coreId: number;
  readonly lag: number;
}

/**
 * How an entry stands to the last good one:
 * - `follows`: it can be the next, counting those that the bytes between them may have held;
 * - `restart`: numbering began anew, as LaminarDB does when it reopens a segment;
 * - `jump`: more are missing than the bytes between them could have held;
 * - `time-backwards`: an earlier run of the log wrote it, as our own clock tells;
 * - the rest do not belong here at all.
 */
export type Standing =
  'follows' | 'restart' | 'jump' | 'wrong-core' | 'misplaced-epoch' | 'sequence-repeat' | 'time-backwards';

/** The facts about a segment before its first byte is read. */
export interface OrderStart {
  /** Undefined: that of the first good record. */
  readonly coreId?: number | undefined;
  /** The sequence that the first record must have; undefined: any. */
  readonly expectedSequence?: bigint | undefined;
  /** The epoch that all records must have; undefined: any, as long as none goes back. */
  readonly epoch?: bigint | undefined;
  /** Start of the first record. */
  readonly from: number;
}

/**
 * The order of a segment's records. Sequences count up by one, epochs never go back, all records
 * are of one core, and in segments with lags (ours) time does not go back either.
 *
 * Invariants:
 * - `last*` are those of the last record passed to `accept`, and `end` is where it ends;
 * - while nothing was accepted and no sequence is expected, numbering is taken to start at 0, as it
 *   does in most segments; one that starts elsewhere counts as a jump, of which nobody need be told.
 */
export class RecordOrder {
  #sequenceKnown: boolean;
  /** The first record since numbering began: a copy of it is told from a restart by these. */
  #runCrc = 0;
  #runTimestampLow = 0;
  #runTimestampHigh = 0;
  /** The epoch that all records must have, where there is one, as halves: it is compared for each record. */
  readonly #epoch: bigint | undefined;
  readonly #epochLow: number;
  readonly #epochHigh: number;
  coreId: number;
  /** End of the last good record. */
  end: number;
  /** Start of the last good record; -1 before the first. */
  lastOffset = -1;
  lastEpochLow = 0;
  lastEpochHigh = 0;
  lastTimestampLow = 0;
  lastTimestampHigh = 0;
  /** Whether any record so far says its lag: the segment is then ours, and its numbering never restarts. */
  hasLags = false;
  /** The sequence that comes next, as unsigned halves, once one is known. */
  nextSequenceLow = 0;
  nextSequenceHigh = 0;

  constructor(start: OrderStart) {
    this.coreId = start.coreId ?? -1;
    this.end = start.from;
    this.#epoch = start.epoch;
    this.#epochLow = lowHalf(start.epoch ?? 0n);
    this.#epochHigh = highHalf(start.epoch ?? 0n);
    this.#sequenceKnown = start.expectedSequence !== undefined;
    this.nextSequenceLow = lowHalf(start.expectedSequence ?? 0n);
    this.nextSequenceHigh = highHalf(start.expectedSequence ?? 0n);
  }

  get lastEpoch(): bigint {
    return joinU64(this.lastEpochLow, this.lastEpochHigh);
  }

  /** Signed. */
  get lastTimestampNs(): bigint {
    return joinI64(this.lastTimestampLow, this.lastTimestampHigh);
  }

  /** False while any sequence may come next. */
  get knowsSequence(): boolean {
    return this.#sequenceKnown;
  }

  /** The sequence that comes next; undefined while any may come. */
  get nextSequence(): bigint | undefined {
    return this.#sequenceKnown ? joinU64(this.nextSequenceLow, this.nextSequenceHigh) : undefined;
  }

  /** How many sequences lie between the next one and this one; below zero for one that was before. */
  distanceTo(fields: OrderFields): number {
    const high = fields.sequenceHigh - this.nextSequenceHigh;
    return high * 0x1_0000_0000 + (fields.sequenceLow - this.nextSequenceLow);
  }

  /** True if exactly `missing` sequences lie between the last good entry and this one, and the rest fits. */
  isAfterMissing(missing: number, fields: OrderFields): boolean {
    if (!this.#sequenceKnown || this.distanceTo(fields) !== missing) return false;
    return this.#fitsCore(fields) && this.#fitsEpoch(fields);
  }

  /** How an entry at `offset` stands to the last good one. `crc` is that of its data. */
  judge(fields: OrderFields, offset: number, crc: number): Standing {
    if (!this.#fitsCore(fields)) return 'wrong-core';
    const distance = this.distanceTo(fields);
    if (distance === 0 && offset === this.end && this.#fitsEpoch(fields)) {
      return this.#epoch !== undefined && this.#isOlder(fields) ? 'time-backwards' : 'follows';
    }
    const lostMax = Math.floor((offset - this.end) / RECORD_BYTES_MIN);
    if (distance < 0) {
      // In a log of one epoch, a record of another is first of all that.
      if (this.#epoch !== undefined && !this.#fitsEpoch(fields)) return 'misplaced-epoch';
      if (!this.#isRestart(fields, crc)) return 'sequence-repeat';
      const sequence = fields.sequenceHigh === 0 ? fields.sequenceLow : Infinity;
      return sequence <= lostMax ? 'restart' : 'jump';
    }
    if (!this.#fitsEpoch(fields)) return 'misplaced-epoch';
    // After a hole even a sequence that fits may be an old copy's; our own clock tells.
    if (offset > this.end && this.#isOlder(fields)) return 'sequence-repeat';
    if (this.#epoch !== undefined && this.#isOlder(fields)) return 'time-backwards';
    return distance <= lostMax ? 'follows' : 'jump';
  }

  /** Takes the entry for the last good one. */
  accept(fields: OrderFields, offset: number, bytes: number, crc: number): void {
    if (this.lastOffset < 0 || this.distanceTo(fields) < 0) {
      this.#runCrc = crc;
      this.#runTimestampLow = fields.timestampLow;
      this.#runTimestampHigh = fields.timestampHigh;
    }
    this.coreId = fields.coreId;
    this.lastOffset = offset;
    this.end = offset + bytes;
    this.lastEpochLow = fields.epochLow;
    this.lastEpochHigh = fields.epochHigh;
    this.lastTimestampLow = fields.timestampLow;
    this.lastTimestampHigh = fields.timestampHigh;
    if (fields.lag >= 0) this.hasLags = true;
    this.#sequenceKnown = true;
    this.nextSequenceLow = (fields.sequenceLow + 1) >>> 0;
    this.nextSequenceHigh =
      this.nextSequenceLow === 0 ? (fields.sequenceHigh + 1) >>> 0 : fields.sequenceHigh;
  }

  /** Takes back the last entry that was accepted, which starts at `offset`: it is to come again. */
  takeBack(fields: OrderFields, offset: number): void {
    this.end = offset;
    this.nextSequenceLow = fields.sequenceLow;
    this.nextSequenceHigh = fields.sequenceHigh;
  }

  /** An order of its own that knows the same. */
  clone(): RecordOrder {
    const copy = new RecordOrder({ from: this.end, epoch: this.#epoch });
    copy.copyFrom(this);
    return copy;
  }

  /** Takes over all that another order knows. */
  copyFrom(other: RecordOrder): void {
    this.coreId = other.coreId;
    this.end = other.end;
    this.lastOffset = other.lastOffset;
    this.lastEpochLow = other.lastEpochLow;
    this.lastEpochHigh = other.lastEpochHigh;
    this.lastTimestampLow = other.lastTimestampLow;
    this.lastTimestampHigh = other.lastTimestampHigh;
    this.hasLags = other.hasLags;
    this.#sequenceKnown = other.#sequenceKnown;
    this.nextSequenceLow = other.nextSequenceLow;
    this.nextSequenceHigh = other.nextSequenceHigh;
    this.#runCrc = other.#runCrc;
    this.#runTimestampLow = other.#runTimestampLow;
    this.#runTimestampHigh = other.#runTimestampHigh;
  }

  #fitsCore(fields: OrderFields): boolean {
    return this.coreId < 0 || fields.coreId === this.coreId;
  }

  #fitsEpoch(fields: OrderFields): boolean {
    if (this.#epoch !== undefined) {
      return fields.epochLow === this.#epochLow && fields.epochHigh === this.#epochHigh;
    }
    if (this.lastOffset < 0) return true;
    return compareHalves(fields.epochLow, fields.epochHigh, this.lastEpochLow, this.lastEpochHigh) >= 0;
  }

  /** True of a record of ours that is of an earlier time; whoever appends entries as they are may give them any. */
  #isOlder(fields: OrderFields): boolean {
    return fields.lag >= 0 && this.#isBeforeLast(fields);
  }

  #isBeforeLast(fields: OrderFields): boolean {
    if (this.lastOffset < 0) return false;
    const { lastTimestampLow, lastTimestampHigh } = this;
    return (
      compareSignedHalves(fields.timestampLow, fields.timestampHigh, lastTimestampLow, lastTimestampHigh) < 0
    );
  }

  /**
   * LaminarDB numbers from 0 again when it reopens a segment, and forgets the epoch. Such a record is
   * later than the last one, or, where the clock went back meanwhile, a first one that is no copy of
   * the first one we know.
   */
  #isRestart(fields: OrderFields, crc: number): boolean {
    if (this.#epoch !== undefined || this.hasLags || fields.lag >= 0 || this.lastOffset < 0) return false;
    const { lastTimestampLow, lastTimestampHigh } = this;
    const { timestampLow, timestampHigh } = fields;
    if (compareSignedHalves(timestampLow, timestampHigh, lastTimestampLow, lastTimestampHigh) > 0)
      return true;
    if (fields.sequenceLow !== 0 || fields.sequenceHigh !== 0) return false;
    return (
      crc !== this.#runCrc ||
      timestampLow !== this.#runTimestampLow ||
      timestampHigh !== this.#runTimestampHigh
    );
  }
}
