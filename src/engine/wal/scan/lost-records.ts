import type { Finding, LossSum, LostRecords } from '../../finding.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { RecordOrder } from '../format/record-order.js';
import type { ClosedSegment } from './closed-segment.js';
import type { Gap } from './gap.js';
import type { RecordStream } from './record-stream.js';
import { missingEnd, type GapLoss } from './scan-findings.js';
import { upTo, type WalScanOptions } from './scan-options.js';

/** Good records that stand in a wrong place: nothing that belongs there is lost with them by itself. */
const STRANGERS: ReadonlySet<Gap['cause']['class']> = new Set([
  'wrong-core',
  'sequence-repeat',
  'misplaced-epoch',
]);

/** The part of a core's numbering that is lost, `to` excluded, as far as its ends are known. */
export interface LostPart {
  readonly coreId: number | undefined;
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
  /** The times of the records before and behind it. */
  readonly afterNs: bigint | undefined;
  readonly beforeNs: bigint | undefined;
  /** How often numbering began anew before it in the same file. */
  readonly restarts?: number | undefined;
}

/** The ends of a segment, as far as they are known beside its records. */
interface SegmentEnds {
  /** The time of the last record before the segment. */
  readonly afterNs: bigint | undefined;
  /** The sequence that follows its last record, and a time that is not before that of it. */
  readonly nextSequence: bigint | undefined;
  readonly beforeNs: bigint | undefined;
}

/**
 * Says how many records a part of the numbering had: exactly where both its ends are known.
 * @param atLeast where they are not
 */
export function lostRecords(part: LostPart, atLeast = 1): LostRecords {
  const { coreId, from, to, afterNs, beforeNs, restarts = 0 } = part;
  const isExact = from !== undefined && to !== undefined;
  const last = to === undefined || to === 0n || (isExact && to <= from) ? undefined : String(to - 1n);
  return {
    records: isExact ? Math.max(Number(to - from), 0) : atLeast,
    isExact,
    ...(coreId === undefined ? {} : { coreId }),
    ...(from === undefined || (isExact && last === undefined) ? {} : { firstSequence: String(from) }),
    ...(last === undefined ? {} : { lastSequence: last }),
    ...(afterNs === undefined ? {} : { afterNs: String(afterNs) }),
    ...(beforeNs === undefined ? {} : { beforeNs: String(beforeNs) }),
    ...(restarts === 0 ? {} : { restarts }),
  };
}

/**
 * The records that are lost with a gap, by the good records beside it; without one behind it, by what is known of the segment's end.
 * @param order of the records before the gap
 * @param next the record behind it
 * @returns undefined where nothing belongs there that could be lost
 */
function lostInGap(
  gap: Gap,
  order: RecordOrder,
  next: WalEntryView | undefined,
  ends: SegmentEnds,
  restarts: number,
): LostRecords | undefined {
  const isStranger = STRANGERS.has(gap.cause.class);
  const coreId = order.coreId < 0 ? next?.coreId : order.coreId;
  const afterNs = order.lastOffset < 0 ? ends.afterNs : order.lastTimestampNs;
  const part = { coreId, from: order.nextSequence, afterNs, restarts };
  if (next === undefined) {
    const { nextSequence: to, beforeNs } = ends;
    if (to !== undefined && to > (part.from ?? 0n)) return lostRecords({ ...part, to, beforeNs });
    return isStranger ? undefined : lostRecords({ ...part, to: undefined, beforeNs });
  }
  const { sequence, timestampNs: beforeNs } = next;
  if (part.from !== undefined && sequence < part.from) {
    // Numbering began anew within the gap: how many the run before it had nobody knows.
    if (sequence === 0n && isStranger) return undefined;
    const first = sequence === 0n ? {} : { from: undefined, to: sequence, restarts: restarts + 1 };
    return lostRecords({ ...part, to: undefined, beforeNs, ...first }, Math.max(Number(sequence), 1));
  }
  const lost = lostRecords({ ...part, to: sequence, beforeNs });
  return isStranger && lost.records === 0 ? undefined : lost;
}

/** The facts about a record beside what its stream knows. */
export interface RemarkContext {
  /** True where what is missing before the record was told of already. */
  readonly isLossTold: boolean;
  /** How often numbering began anew so far. */
  readonly restarts: number;
}

/** Keeps track, while a segment is scanned, of which records of its numbering are missing, each told of once. */
export class LossWatch implements GapLoss {
  readonly #stream: RecordStream;
  readonly #options: WalScanOptions;
  /** How often numbering began anew so far. */
  #restarts = 0;
  /** End of the last gap that was damage. */
  #lastGapEnd = -1;

  constructor(stream: RecordStream, options: WalScanOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  /** Takes a gap at which the stream stands. */
  takeGap(gap: Gap): void {
    this.#lastGapEnd = gap.end;
  }

  of(gap: Gap): LostRecords | undefined {
    const { order } = this.#stream;
    const next = this.#nextOf(gap);
    // Where good records follow, the end of the segment says nothing of this gap.
    const ends = gap.nextGood < 0 ? this.#ends : { ...this.#ends, nextSequence: undefined };
    return lostInGap(gap, order, next, ends, this.#restarts);
  }

  addTo(sum: LossSum, gap: Gap): void {
    const { order } = this.#stream;
    const next = this.#nextOf(gap);
    const records = next !== undefined && order.knowsSequence ? order.distanceTo(next) : -1;
    const isExact = records > 0 || (records === 0 && !STRANGERS.has(gap.cause.class));
    if (isExact && sum.addExact(records, this.#restarts, next!)) return;
    sum.add(this.of(gap));
  }

  /** The good record behind a gap. It is the very one that the stream comes to next: nothing is read twice. */
  #nextOf({ nextGood }: Gap): WalEntryView | undefined {
    const { reader } = this.#stream;
    return nextGood >= 0 && reader.check(nextGood) === 'good' ? reader.view : undefined;
  }

  /** Takes the stream's last record, where it is not the one that was due. */
  takeRemarkable(): RemarkContext {
    const { remarkable, offset } = this.#stream;
    if (remarkable?.isSequenceBack === true) this.#restarts += 1;
    return { isLossTold: this.#lastGapEnd === offset, restarts: this.#restarts };
  }

  /**
   * A finding, at the end of a segment that is shorter than when it was last closed, of the records that were behind it; undefined
   * where there were none.
   */
  missingEnd(path: string, closedAt: ClosedSegment, end: number): Finding | undefined {
    const { to = Infinity, expectedSequence } = this.#options;
    if (to < end) return undefined;
    const { order } = this.#stream;
    const due = upTo(this.#options.endSequence, order.nextSequence) ?? expectedSequence ?? 0n;
    // Bad bytes at the end were one of them, and have been told of.
    const isTold = this.#lastGapEnd === end && end > 0;
    if (closedAt.nextSequence - due <= (isTold ? 1n : 0n)) return undefined;
    const { afterNs, beforeNs } = this.#ends;
    const lastNs = order.lastOffset < 0 ? afterNs : order.lastTimestampNs;
    const coreId = order.coreId < 0 ? undefined : order.coreId;
    const part = { coreId, from: due, to: closedAt.nextSequence, afterNs: lastNs, beforeNs };
    return missingEnd(path, end, closedAt, due, order.coreId, isTold ? undefined : lostRecords(part));
  }

  get #ends(): SegmentEnds {
    const { closedAt, endSequence, writtenWithin } = this.#options;
    return {
      afterNs: writtenWithin?.afterNs,
      nextSequence: endSequence ?? closedAt?.nextSequence,
      beforeNs: writtenWithin?.beforeNs,
    };
  }
}
