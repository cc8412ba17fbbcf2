import { compareHalves, compareSignedHalves, highHalf, lowHalf } from '../../bytes/halves.js';
import type { Finding } from '../../finding.js';
import {
  TAG_CHECKPOINT,
  TAG_COMMIT,
  TAG_DELETE,
  TAG_EPOCH_BARRIER,
  TAG_PUT,
  type WalOperation,
  type WalTag,
} from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { KeyFilter, type KeyFilterOptions } from './key-filter.js';

/** The operations' names, each in the place of its tag. */
export const OPERATIONS = [
  'put',
  'delete',
  'checkpoint',
  'commit',
  'epochBarrier',
] as const satisfies readonly WalOperation['op'][];

/** The name of an operation. */
export type OperationName = (typeof OPERATIONS)[number];

const TAGS: Readonly<Record<OperationName, WalTag>> = {
  put: TAG_PUT,
  delete: TAG_DELETE,
  checkpoint: TAG_CHECKPOINT,
  commit: TAG_COMMIT,
  epochBarrier: TAG_EPOCH_BARRIER,
};

/** Which records are wanted; what is left out filters nothing. Upper bounds are exclusive. */
export interface ReplayFilterOptions extends KeyFilterOptions {
  readonly operations?: readonly OperationName[] | undefined;
  readonly cores?: readonly number[] | undefined;
  /** u64. */
  readonly fromEpoch?: bigint | undefined;
  readonly toEpoch?: bigint | undefined;
  /** Nanoseconds since the Unix epoch, i64. */
  readonly fromTimeNs?: bigint | undefined;
  readonly toTimeNs?: bigint | undefined;
  /** Bytes from the start of each segment. */
  readonly fromOffset?: number | undefined;
  readonly toOffset?: number | undefined;
}

/** A record as far as it is judged. */
interface JudgedRecord {
  readonly offset: number;
  readonly view: WalEntryView;
}

/** A 64-bit bound as two u32 halves, so that no bigint is made for each record. */
interface Bound {
  readonly low: number;
  readonly high: number;
}

/** Tells the records that were asked for. Allocates nothing for a record. */
export class ReplayFilter {
  readonly #tags: ReadonlySet<WalTag> | undefined;
  readonly #cores: ReadonlySet<number> | undefined;
  readonly #keys: KeyFilter;
  readonly #fromEpoch: Bound | undefined;
  readonly #toEpoch: Bound | undefined;
  readonly #fromTime: Bound | undefined;
  readonly #toTime: Bound | undefined;
  /** Bytes from the start of each segment, before which no record is wanted. */
  readonly fromOffset: number;
  /** From which on none is wanted. */
  readonly toOffset: number;

  constructor(options: ReplayFilterOptions = {}) {
    const { operations, cores } = options;
    this.#tags = operations === undefined ? undefined : new Set(operations.map((name) => TAGS[name]));
    this.#cores = cores === undefined ? undefined : new Set(cores);
    this.#keys = new KeyFilter(options);
    this.#fromEpoch = boundOf(options.fromEpoch);
    this.#toEpoch = boundOf(options.toEpoch);
    this.#fromTime = boundOf(options.fromTimeNs);
    this.#toTime = boundOf(options.toTimeNs);
    this.fromOffset = options.fromOffset ?? 0;
    this.toOffset = options.toOffset ?? Infinity;
  }

  /** How many keys were named. */
  get keyCount(): number {
    return this.#keys.count;
  }

  /** Whether a record is wanted. */
  takes({ offset, view }: JudgedRecord): boolean {
    return (
      offset >= this.fromOffset &&
      offset < this.toOffset &&
      this.#tags?.has(view.tag) !== false &&
      this.#cores?.has(view.coreId) !== false &&
      this.#takesEpoch(view.epochLow, view.epochHigh) &&
      this.#takesTime(view.timestampLow, view.timestampHigh) &&
      this.#takesKey(view)
    );
  }

  /** Whether a finding lies, at least in part, where records are wanted. */
  takesFinding(finding: Finding): boolean {
    return liesWithin(finding, this.fromOffset, this.toOffset);
  }

  /** The place of the key that a record puts or deletes among those that were named; -1 where it is none of them. */
  keyIndexOf({ view }: JudgedRecord): number {
    return view.tag === TAG_PUT || view.tag === TAG_DELETE ? this.#keys.indexOf(view) : -1;
  }

  /** Whether any record of this epoch can be wanted. */
  mayTakeEpoch(epoch: bigint): boolean {
    return this.#takesEpoch(lowHalf(epoch), highHalf(epoch));
  }

  #takesEpoch(low: number, high: number): boolean {
    const from = this.#fromEpoch;
    const to = this.#toEpoch;
    if (from !== undefined && compareHalves(low, high, from.low, from.high) < 0) return false;
    return to === undefined || compareHalves(low, high, to.low, to.high) < 0;
  }

  #takesTime(low: number, high: number): boolean {
    const from = this.#fromTime;
    const to = this.#toTime;
    if (from !== undefined && compareSignedHalves(low, high, from.low, from.high) < 0) return false;
    return to === undefined || compareSignedHalves(low, high, to.low, to.high) < 0;
  }

  #takesKey(view: WalEntryView): boolean {
    if (this.#keys.takesAll) return true;
    return (view.tag === TAG_PUT || view.tag === TAG_DELETE) && this.#keys.takes(view);
  }
}

/** Whether a finding lies, at least in part, within `[from, to)` of its file. */
export function liesWithin({ offset, bytes }: Finding, from: number, to: number): boolean {
  return offset < to && (offset >= from || offset + bytes > from);
}

function boundOf(value: bigint | undefined): Bound | undefined {
  return value === undefined ? undefined : { low: lowHalf(value), high: highHalf(value) };
}
