import { groupOfRecord } from '../format/group-mark.js';
import type { Gap } from '../scan/gap.js';
import { RecordStream, type RecordStreamOptions } from '../scan/record-stream.js';
import type { Reached } from '../scan/scan-options.js';
import { provenBy } from '../scan/tail-judge.js';

/** The stream that looks ahead reads one group, which is short as a rule. */
const AHEAD_BLOCK_BYTES = 64 * 1024;

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
 * Invariant: the look ahead never goes back: all groups of a segment together cost one more pass at most.
 */
export class GroupWatch {
  #options: RecordStreamOptions;
  readonly #reached: Reached | undefined;
  readonly #isLost: (gap: Gap, stream: RecordStream) => boolean;
  #ahead: RecordStream | undefined;

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
  }

  /**
   * The unfinished group that begins with the stream's last record; undefined where that marks none, or all of it is there.
   * @param lastGood offset of the good record before it; -1 if there is none
   */
  unfinishedAt(stream: RecordStream, lastGood: number): UnfinishedGroup | undefined {
    const { view, window } = stream.reader;
    const ends = groupOfRecord(view);
    if (ends === undefined) return undefined;
    const ahead = (this.#ahead ??= new RecordStream(this.#options));
    ahead.copyFrom(stream);
    const own = this.#readOn(ahead, stream.offset, ends.get(view.coreId) ?? 0n);
    if (own === undefined) return undefined;
    let { records } = own;
    if (own.isReached) {
      if (ends.size === 1 || this.#isEverywhere(ends)) return undefined;
      const rest = this.#readOn(ahead, stream.offset, undefined);
      if (rest === undefined) return undefined;
      records += rest.records;
    }
    const gap = {
      offset: stream.offset,
      end: window.end,
      cause: {
        class: 'torn-tail' as const,
        reason: 'a group of changes that belong together is not all there',
      },
      isWhole: false,
      lastGood,
      nextGood: -1,
    };
    return { gap, isAlone: !own.isReached, goodRecords: 1 + records };
  }

  #isEverywhere(ends: ReadonlyMap<number, bigint>): boolean {
    const reached = this.#reached;
    return reached === undefined || [...ends].every(([coreId, end]) => reached(coreId, end));
  }

  /**
   * Reads on up to a sequence, or to the end.
   * @returns undefined where what follows shows that the mark at `markOffset` had been on disk: nothing is unfinished then
   */
  #readOn(
    ahead: RecordStream,
    markOffset: number,
    end: bigint | undefined,
  ): { readonly isReached: boolean; readonly records: number } | undefined {
    let records = 0;
    while (end === undefined || ahead.order.nextSequence! < end) {
      const event = ahead.next();
      if (event === 'end') return { isReached: false, records };
      if (event === 'gap') {
        if (this.#isLost(ahead.gap!, ahead)) return undefined;
        return { isReached: false, records };
      }
      records += 1;
      if (provenBy(ahead) > markOffset) return undefined;
    }
    return { isReached: true, records };
  }
}
