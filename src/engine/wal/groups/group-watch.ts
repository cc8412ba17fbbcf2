import { groupOfRecord } from '../format/group-mark.js';
import { GapCause, type Gap } from '../scan/gap.js';
import { RecordStream, type RecordStreamOptions } from '../scan/record-stream.js';
import type { Reached } from '../scan/scan-options.js';
import { provenBy } from '../scan/tail-judge.js';

/** The stream that looks ahead reads one group, which is short as a rule. */
const AHEAD_BLOCK_BYTES = 64 * 1024;

const NOT_ALL_THERE = 'a group of changes that belong together is not all there';

/** An atomic group that is not all there, and that nobody was told is. */
export interface UnfinishedGroup {
  /** All from the group's mark to the end of the segment. */
  readonly gap: Gap;
  /** Nothing is behind it but the group itself. */
  readonly isAlone: boolean;
  /** Good records in it, the mark included. */
  readonly goodRecords: number;
}

/**
 * Looks ahead at each mark of an atomic group, whether all of the group is there (docs/formats/wal.md, "Groups"): so that no
 * reader is shown a part of it. A group in which something was lost that had been on disk is no unfinished one.
 *
 * Invariant: the look ahead never goes back, since what it found behind one mark it knows of each mark in between, too: all
 * groups of a segment together cost one more pass at most.
 */
export class GroupWatch {
  #options: RecordStreamOptions;
  readonly #reached: Reached | undefined;
  readonly #isLost: (gap: Gap, stream: RecordStream) => boolean;
  #ahead: RecordStream | undefined;
  /** End of the good records that the look ahead has read without a gap; -1 if it has to begin anew. */
  #goodEnd = -1;
  /** Why it stopped there: nothing yet, the end or an unfinished write, or the loss of what had been on disk. */
  #stop: 'none' | 'end' | 'lost' = 'none';
  /** The sequence behind the highest that was read, and up to where what was read shows all to have been durable. */
  #sequence = 0n;
  #provenEnd = -1;
  /** How many records of the segment come before `#goodEnd`. */
  #records = 0;

  /**
   * @param reached how far other cores' segments reach; undefined where they are not known: they are taken to reach far enough
   * @param isLost whether a gap is damage
   */
  constructor(
    options: RecordStreamOptions,
    reached: Reached | undefined,
    isLost: (gap: Gap, stream: RecordStream) => boolean,
  ) {
    this.#options = { ...options, blockBytes: AHEAD_BLOCK_BYTES };
    this.#reached = reached;
    this.#isLost = isLost;
  }

  /** Forgets what was read of a file that has grown since. */
  lookAgain(end: number): void {
    this.#options = { ...this.#options, end };
    this.#ahead?.reader.refresh(end);
    this.#goodEnd = -1;
  }

  /**
   * The unfinished group that begins with the stream's last record; undefined where that marks none, or all of it is there.
   * @param lastGood offset of the good record before it; -1 if there is none
   * @param recordsBefore how many good records came before it
   */
  unfinishedAt(stream: RecordStream, lastGood: number, recordsBefore: number): UnfinishedGroup | undefined {
    const { view, window } = stream.reader;
    const ends = groupOfRecord(view);
    if (ends === undefined) return undefined;
    const ahead = this.#aheadOf(stream, recordsBefore);
    const isReached = this.#readOn(ahead, stream.offset, ends.get(view.coreId) ?? 0n);
    if (isReached === undefined) return undefined;
    if (isReached) {
      if (ends.size === 1 || this.#isEverywhere(ends)) return undefined;
      if (this.#readOn(ahead, stream.offset, undefined) === undefined) return undefined;
    }
    const gap = {
      offset: stream.offset,
      end: window.end,
      cause: new GapCause('torn-tail', () => ({ reason: NOT_ALL_THERE })),
      isWhole: false,
      lastGood,
      nextGood: -1,
    };
    return { gap, isAlone: !isReached, goodRecords: this.#records - recordsBefore };
  }

  #isEverywhere(ends: ReadonlyMap<number, bigint>): boolean {
    const reached = this.#reached;
    return reached === undefined || [...ends].every(([coreId, end]) => reached(coreId, end));
  }

  #aheadOf(stream: RecordStream, recordsBefore: number): RecordStream {
    this.#ahead ??= new RecordStream(this.#options);
    if (stream.position > this.#goodEnd) {
      this.#ahead.copyFrom(stream);
      this.#goodEnd = stream.position;
      this.#stop = 'none';
      this.#sequence = stream.order.nextSequence!;
      this.#provenEnd = -1;
      this.#records = recordsBefore + 1;
    }
    return this.#ahead;
  }

  /**
   * Reads on up to a sequence, or to the end.
   * @returns whether it is reached; undefined where what follows shows that the mark at `markOffset` had been on disk: nothing is
   * unfinished then
   */
  #readOn(ahead: RecordStream, markOffset: number, end: bigint | undefined): boolean | undefined {
    while (this.#provenEnd <= markOffset) {
      if (end !== undefined && this.#sequence >= end) return true;
      if (this.#stop !== 'none') return this.#stop === 'lost' ? undefined : end === undefined;
      const event = ahead.next();
      if (event === 'record') this.#take(ahead);
      else this.#stop = event === 'gap' && this.#isLost(ahead.gap!, ahead) ? 'lost' : 'end';
    }
    return undefined;
  }

  #take(ahead: RecordStream): void {
    this.#goodEnd = ahead.position;
    this.#records += 1;
    this.#provenEnd = Math.max(this.#provenEnd, provenBy(ahead));
    const { nextSequence } = ahead.order;
    if (nextSequence! > this.#sequence) this.#sequence = nextSequence!;
  }
}
