import { joinI64, joinU64, readU64 } from '../../bytes/halves.js';
import type { Finding, LostRecords } from '../../finding.js';
import { ROOT, TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { KeptOrder } from '../format/merge-order.js';
import type { OrderFields } from '../format/record-order.js';
import { lostRecords } from '../scan/lost-records.js';
import type { SegmentEntry } from './segment-folder.js';

/** The barriers of one segment, while its records go by. */
export class BarrierWatch {
  /** The epoch that the last barrier closes; undefined before the first. */
  last: bigint | undefined;
  /** The last barrier that a record follows: writing went on, so every core had its own. */
  followed: bigint | undefined;
  readonly #lastRecord = new KeptOrder();
  #records = 0;

  /** The records that are missing behind the last one, of which nobody knows how many there were. */
  lostBehind(coreId: number): LostRecords {
    const { sequenceLow, sequenceHigh, timestampLow, timestampHigh } = this.#lastRecord;
    const isEmpty = this.#records === 0;
    return lostRecords({
      coreId,
      from: isEmpty ? undefined : joinU64(sequenceLow, sequenceHigh) + 1n,
      to: undefined,
      afterNs: isEmpty ? undefined : joinI64(timestampLow, timestampHigh),
      beforeNs: undefined,
    });
  }

  /** Takes good records that are no barriers, of which these are the fields of the last one. */
  takeOthers(fields: OrderFields): void {
    this.#takeOne(fields);
  }

  /** Takes the next good record. */
  take(view: WalEntryView): void {
    this.#takeOne(view);
    if (view.tag === TAG_EPOCH_BARRIER) this.last = readU64(view.bytes, view.rootStart + ROOT.number);
  }

  #takeOne(fields: OrderFields): void {
    this.#lastRecord.copyFrom(fields);
    this.#records += 1;
    if (this.last !== undefined) this.followed = this.last;
  }
}

/** A segment of a folder, and the barriers in it. */
export interface WatchedSegment {
  readonly path: string;
  readonly coreId: number;
  /** End of its last good record, in bytes. */
  readonly goodEnd: number;
  readonly barriers: BarrierWatch;
}

/** The barriers of all segments of a folder, whose records come mixed. */
export class FolderBarriers {
  readonly #segments: ReadonlyMap<string, { coreId: number; goodEnd: number; barriers: BarrierWatch }>;

  constructor(segments: readonly SegmentEntry[]) {
    this.#segments = new Map(
      segments.map(({ path, coreId }) => [path, { coreId, goodEnd: 0, barriers: new BarrierWatch() }]),
    );
  }

  /** Takes the next good record of a segment, which ends at `end` in it. */
  take(path: string, view: WalEntryView, end: number): void {
    const segment = this.#segments.get(path)!;
    segment.barriers.take(view);
    segment.goodEnd = end;
  }

  /** The findings of `missingBarriers`, once all records have come. */
  missing(): Finding[] {
    return missingBarriers([...this.#segments].map(([path, watched]) => ({ path, ...watched })));
  }
}

/**
 * A finding for each segment that lacks a barrier which another core has and wrote on behind: its end is gone, or the file is an
 * old copy. LaminarDB writes a barrier to all segments before it goes on.
 */
export function missingBarriers(segments: readonly WatchedSegment[]): Finding[] {
  const due = segments.reduce((most: bigint, { barriers }) => larger(most, barriers.followed ?? -1n), -1n);
  return segments
    .filter(({ barriers }) => (barriers.last ?? -1n) < due)
    .map(({ path, coreId, goodEnd, barriers }) => {
      const has = barriers.last === undefined ? 'none' : `the last for epoch ${barriers.last}`;
      return {
        severity: 'damage',
        class: 'missing-barrier',
        file: path,
        offset: goodEnd,
        bytes: 0,
        message: `other cores have a barrier for epoch ${due}, and this one ${has}: its end is gone, or it is an old copy`,
        coreId,
        epoch: String(due),
        lost: barriers.lostBehind(coreId),
      };
    });
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
