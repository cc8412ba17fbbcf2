import { GroupWatch, type UnfinishedGroup } from '../groups/group-watch.js';
import { TailWatch } from '../tail/tail-watch.js';
import type { Gap } from './gap.js';
import { LossWatch } from './lost-records.js';
import type { RecordStream, RecordStreamOptions } from './record-stream.js';
import type { Locked, WalScanOptions } from './scan-options.js';
import { TailJudge } from './tail-judge.js';

/** Judges what is more than ordinary records: gaps, groups and ends. A scanner makes one when it first meets such a thing. */
export class SegmentJudge {
  readonly end: TailWatch;
  readonly losses: LossWatch;
  readonly #stream: RecordStream;
  readonly #bounds: RecordStreamOptions;
  readonly #groups: GroupWatch | undefined;
  #tails: TailJudge;

  /**
   * @param stream the scanner's own
   * @param bounds how it reads
   * @param isDurable true where all that is read was on disk, so that none of it is unfinished
   */
  constructor(
    path: string,
    stream: RecordStream,
    bounds: RecordStreamOptions,
    options: WalScanOptions,
    isDurable: boolean,
  ) {
    this.#stream = stream;
    this.#bounds = bounds;
    this.end = new TailWatch(path, bounds.fileSystem, bounds.descriptor, options);
    this.losses = new LossWatch(stream, options);
    this.#tails = new TailJudge(bounds, isDurable ? Infinity : -1);
    if (isDurable) return;
    this.#groups = new GroupWatch(bounds, options.reached, (gap, ahead) => this.isLost(gap, ahead, true));
  }

  /**
   * True where a gap is damage, false where the segment ends there.
   * @param stream the one that has just returned the gap
   * @param hasRecords whether a good record precedes it, or the segment is not read from its start
   */
  isLost(gap: Gap, stream: RecordStream, hasRecords: boolean): boolean {
    const { end } = this.#stream.reader.window;
    return this.#tails.isDamage(gap, stream) || this.end.wasOnDisk(gap, hasRecords, end);
  }

  /**
   * The unfinished group that begins with the stream's last record; undefined where none does, or where the last clean close knew it.
   * @param lastGood offset of the good record before it; -1 if there is none
   * @param recordsBefore how many good records came before it
   */
  unfinishedAt(lastGood: number, recordsBefore: number): UnfinishedGroup | undefined {
    const unfinished = this.#groups?.unfinishedAt(this.#stream, lastGood, recordsBefore);
    return unfinished === undefined || this.end.wasAtClose(unfinished.gap.offset) ? undefined : unfinished;
  }

  /** Goes on in a segment that has grown up to `end`. */
  lookAgain(isLocked: Locked | (() => Locked) | undefined, end: number): void {
    this.end.lookAgain(isLocked);
    this.#tails = new TailJudge({ ...this.#bounds, end });
    this.#groups?.lookAgain(end);
  }
}
