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
export interface ReplayFilterOptions {
  readonly operations?: readonly OperationName[] | undefined;
  /** Only puts and deletes of keys that start with this. */
  readonly prefix?: Uint8Array | undefined;
  readonly cores?: readonly number[] | undefined;
  /** u64. */
  readonly fromEpoch?: bigint | undefined;
  readonly toEpoch?: bigint | undefined;
  /** Nanoseconds since the Unix epoch, i64. */
  readonly fromTimeNs?: bigint | undefined;
  readonly toTimeNs?: bigint | undefined;
  /** Bytes from the start of each segment. */
  readonly fromOffset?: number | undefined;
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
  readonly #prefix: Uint8Array | undefined;
  readonly #fromEpoch: Bound | undefined;
  readonly #toEpoch: Bound | undefined;
  readonly #fromTime: Bound | undefined;
  readonly #toTime: Bound | undefined;
  /** Bytes from the start of each segment, before which no record is wanted. */
  readonly fromOffset: number;

  constructor(options: ReplayFilterOptions = {}) {
    const { operations, cores } = options;
    this.#tags = operations === undefined ? undefined : new Set(operations.map((name) => TAGS[name]));
    this.#cores = cores === undefined ? undefined : new Set(cores);
    this.#prefix = options.prefix;
    this.#fromEpoch = boundOf(options.fromEpoch);
    this.#toEpoch = boundOf(options.toEpoch);
    this.#fromTime = boundOf(options.fromTimeNs);
    this.#toTime = boundOf(options.toTimeNs);
    this.fromOffset = options.fromOffset ?? 0;
  }

  /** Whether a record is wanted that stands at `offset` of its segment. */
  takes(view: WalEntryView, offset: number): boolean {
    return (
      offset >= this.fromOffset &&
      this.#tags?.has(view.tag) !== false &&
      this.#cores?.has(view.coreId) !== false &&
      this.#takesEpoch(view.epochLow, view.epochHigh) &&
      this.#takesTime(view.timestampLow, view.timestampHigh) &&
      this.#takesKey(view)
    );
  }

  /** Whether a finding lies, at least in part, where records are wanted. */
  takesFinding(finding: Finding): boolean {
    return finding.offset >= this.fromOffset || finding.offset + finding.bytes > this.fromOffset;
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
    const prefix = this.#prefix;
    if (prefix === undefined) return true;
    if (view.tag !== TAG_PUT && view.tag !== TAG_DELETE) return false;
    if (view.keyLength < prefix.length) return false;
    for (let at = 0; at < prefix.length; at++) {
      if (view.bytes[view.keyStart + at] !== prefix[at]) return false;
    }
    return true;
  }
}

function boundOf(value: bigint | undefined): Bound | undefined {
  return value === undefined ? undefined : { low: lowHalf(value), high: highHalf(value) };
}
