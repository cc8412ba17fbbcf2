import { compareSignedHalves, highHalf, lowHalf } from '../../bytes/halves.js';
import { StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { ScanEvent, WalScanner } from '../../wal/scan/scanner.js';
import type { Replay } from './replay.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { ReplayBounds, SequencePlace } from './replay-base.js';
import type { ReplayLog } from './replay-logs.js';

/**
 * The records of logs up to a time, or to a record, for a store that is made of them. A core writes its records in the order of time: once it has
 * passed the bound, nothing of it matters any more, damage neither, and when all have, it ends.
 */
export class RecordsBefore {
  readonly #replay: Replay;
  readonly #toSequence: SequencePlace | undefined;
  readonly #path: string;
  /** Undefined: all records. */
  readonly #bound: { readonly low: number; readonly high: number } | undefined;
  /** Cores that are not past the bound yet. */
  readonly #open: Set<number>;

  /**
   * @param path what is read, for messages
   * @param bounds the time, exclusive, and the record that ends them in merged order; without both, all records
   */
  constructor(
    replay: Replay,
    logs: readonly ReplayLog[],
    path: string,
    { toTimeNs, toSequence }: Pick<ReplayBounds, 'toTimeNs' | 'toSequence'>,
  ) {
    this.#toSequence = toSequence;
    this.#replay = replay;
    this.#path = path;
    this.#bound = toTimeNs === undefined ? undefined : { low: lowHalf(toTimeNs), high: highHalf(toTimeNs) };
    this.#open = new Set(logs.flatMap(({ segments }) => segments.map(({ coreId }) => coreId)));
  }

  /** The last finding. */
  get finding(): Finding | undefined {
    return this.#replay.finding;
  }

  /** The segment of the last record. */
  get segment(): WalScanner {
    return this.#replay.segment;
  }

  /**
   * Moves on by one record or finding.
   * @throws StatelogError `IO_FAILED` where a writer dropped a log before it was read; what `Replay.next` throws
   */
  next(): ScanEvent {
    while (this.#open.size > 0) {
      const event = this.#replay.next();
      if (event === 'end') break;
      if (event === 'record') {
        const { view } = this.#replay.segment;
        if (this.#isEnd(view)) break;
        if (!this.#isPast(view.timestampLow, view.timestampHigh)) return event;
        this.#open.delete(view.coreId);
      } else if (this.#matters(this.#replay.finding!)) {
        return event;
      }
    }
    if (this.#replay.hasMissedLog) throw droppedMeanwhile(this.#path);
    return 'end';
  }

  close(): void {
    this.#replay.close();
  }

  #isEnd(view: WalEntryView): boolean {
    const end = this.#toSequence;
    return view.coreId === end?.coreId && view.sequence >= end.sequence;
  }

  #isPast(low: number, high: number): boolean {
    const bound = this.#bound;
    return bound !== undefined && compareSignedHalves(low, high, bound.low, bound.high) >= 0;
  }

  #matters({ coreId }: Finding): boolean {
    return coreId === undefined || this.#open.has(coreId);
  }
}

function droppedMeanwhile(path: string): StatelogError {
  return new StatelogError('IO_FAILED', 'a writer dropped a log that was about to be read', {
    path,
    operation: 'read',
    hint: `run it again into another place; 'statelog checkpoint --keep N' keeps logs for longer`,
  });
}
