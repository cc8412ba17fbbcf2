import type { Gap } from './gap.js';
import { RecordStream, type RecordStreamOptions } from './record-stream.js';

/** The stream that looks ahead needs few bytes as a rule: often the record behind the gap decides. */
const AHEAD_BLOCK_BYTES = 64 * 1024;

/**
 * Tells a torn tail from damage (docs/formats/wal.md, "Torn or damaged"). A record proves that
 * everything before `its position - its lag` was durable when it was written, one without a lag that
 * everything before it was. A gap is damage if some good record behind it proves more than the gap's
 * start to have been durable; else nothing from there on was ever acknowledged. Whole data that
 * is no record of this place (of another core, say) is damage too: no unfinished write leaves that.
 *
 * Invariants:
 * - `#provenEnd` is the most that any record before `#ahead.position` and after the first gap proves;
 *   what a record proves never lies behind itself, so records before a gap say nothing of it;
 * - the look ahead never goes back: all gaps of a segment together cost one more pass at most.
 */
export class TailJudge {
  readonly #options: RecordStreamOptions;
  #ahead: RecordStream | undefined;
  #provenEnd: number;

  /** @param provenEnd what is known to have been durable anyway, where records behind the end say so */
  constructor(options: RecordStreamOptions, provenEnd = -1) {
    this.#provenEnd = provenEnd;
    this.#options = { ...options, blockBytes: AHEAD_BLOCK_BYTES };
  }

  /**
   * True if the gap is damage, false if a torn tail starts there.
   * @param main the stream that has just returned the gap
   */
  isDamage(gap: Gap, main: RecordStream): boolean {
    if (gap.isWhole || this.#provenEnd > gap.offset) return true;
    if (gap.nextGood < 0) return false;
    // As a rule the very next record decides: the stream comes to it anyway.
    if (main.reader.check(gap.nextGood) === 'good' && provenAt(gap.nextGood, main) > gap.offset) return true;
    const ahead = this.#aheadOf(main);
    while (this.#provenEnd <= gap.offset) {
      const event = ahead.next();
      if (event === 'end') return false;
      if (event === 'record') this.#provenEnd = Math.max(this.#provenEnd, provenBy(ahead));
    }
    return true;
  }

  #aheadOf(main: RecordStream): RecordStream {
    if (this.#ahead === undefined || this.#ahead.position <= main.position) {
      this.#ahead ??= new RecordStream(this.#options);
      this.#ahead.copyFrom(main);
    }
    return this.#ahead;
  }
}

/** Up to where everything was durable when the stream's last record was appended. */
export function provenBy(stream: RecordStream): number {
  return provenAt(stream.offset, stream);
}

/** Up to where the record at a place, which the stream's reader has just read, proves that everything was durable. */
function provenAt(offset: number, { reader }: RecordStream): number {
  const { lag } = reader.view;
  return lag < 0 ? offset : offset - lag;
}
