import { DividedByBillion, isNegativeHigh, joinI64, joinU64 } from '../../bytes/halves.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { LyingRecord } from '../select/noted-files.js';
import type { EntryPlace } from './key-filter.js';
import { RecordSum } from './record-sum.js';

/** Properties of records that they can be summed up by. */
export const GROUPINGS = ['minute', 'core', 'epoch', 'prefix'] as const;

/** One of them. */
export type Grouping = (typeof GROUPINGS)[number];

/** Memory is bounded: records of further groups are summed up together. */
export const GROUPS_MAX = 256 * 1024;

/** A record as far as it is counted; in a fold log nothing has a core, an epoch or a time. */
export interface CountedRecord extends LyingRecord {
  readonly view: EntryPlace &
    Pick<
      WalEntryView,
      | 'coreId'
      | 'epochLow'
      | 'epochHigh'
      | 'epoch'
      | 'sequenceLow'
      | 'sequenceHigh'
      | 'timestampLow'
      | 'timestampHigh'
    > & {
      /** The operation's number; the first two are those of puts and deletes. */
      readonly tag: number;
    };
}

/** The last record of a group. */
export interface LastOfGroup {
  readonly path: string;
  readonly offset: number;
  readonly epoch: bigint;
  readonly sequence: bigint;
  readonly timestampNs: bigint;
}

/** The total of a group. */
export interface RecordGroup {
  /**
   * The core or epoch as a number; the minute's start in nanoseconds since 1970; the prefix; null for keys that have none and
   * records without a key.
   */
  readonly label: bigint | string | null;
  /** True of the total of all groups beyond the bound. */
  readonly isRest: boolean;
  readonly records: number;
  readonly bytes: number;
  readonly operations: ReadonlyMap<string, number>;
  readonly firstTimestampNs: bigint;
  readonly lastTimestampNs: bigint;
  /** The last record read, of cores alone. */
  readonly last: LastOfGroup | undefined;
}

class GroupSum extends RecordSum {
  readonly label: bigint | string | null;
  readonly operations: Float64Array;
  path = '';
  offset = 0;
  epochLow = 0;
  epochHigh = 0;
  sequenceLow = 0;
  sequenceHigh = 0;
  timestampLow = 0;
  timestampHigh = 0;

  constructor(label: bigint | string | null, operations: number) {
    super();
    this.label = label;
    this.operations = new Float64Array(operations);
  }

  take({ path, offset, recordBytes, view }: CountedRecord): void {
    this.add(recordBytes, view.timestampLow, view.timestampHigh);
    this.operations[view.tag]! += 1;
    this.path = path;
    this.offset = offset;
    this.epochLow = view.epochLow;
    this.epochHigh = view.epochHigh;
    this.sequenceLow = view.sequenceLow;
    this.sequenceHigh = view.sequenceHigh;
    this.timestampLow = view.timestampLow;
    this.timestampHigh = view.timestampHigh;
  }

  get last(): LastOfGroup {
    return {
      path: this.path,
      offset: this.offset,
      epoch: joinU64(this.epochLow, this.epochHigh),
      sequence: joinU64(this.sequenceLow, this.sequenceHigh),
      timestampNs: joinI64(this.timestampLow, this.timestampHigh),
    };
  }
}

type GroupKey = number | string | null;

const MINUTE_SECONDS = 60;
const MINUTE_NS = 60_000_000_000n;
const SAFE_HIGH_MAX = 0x1f_ffff;
const WORD_RANGE = 0x1_0000_0000;

/** Sums records up by one of their properties. */
export class RecordGroups {
  readonly by: Grouping;
  readonly #groupsMax: number;
  readonly #groups = new Map<GroupKey, GroupSum>();
  readonly #operations: readonly string[];
  readonly #rest: GroupSum;
  readonly #divided = new DividedByBillion();
  /** Most records are of the group of the one before. */
  #lastKey: GroupKey | undefined;
  #last: GroupSum | undefined;

  /** @param operations the names of all operations, by their number */
  constructor(by: Grouping, operations: readonly string[], groupsMax = GROUPS_MAX) {
    this.by = by;
    this.#operations = operations;
    this.#rest = new GroupSum(null, operations.length);
    this.#groupsMax = groupsMax;
  }

  take(record: CountedRecord): void {
    const key = this.#keyOf(record);
    if (key !== this.#lastKey) {
      this.#lastKey = key;
      this.#last = this.#groupOf(key);
    }
    this.#last!.take(record);
  }

  /** All that occurred, in the order of their labels; those of keys without a prefix, and the rest, come last. */
  get groups(): RecordGroup[] {
    const sums = [...this.#groups.values()].sort(compareLabels);
    const all = this.#rest.count === 0 ? sums : [...sums, this.#rest];
    return all.map((sum) => ({
      label: sum.label,
      isRest: sum === this.#rest,
      records: sum.count,
      bytes: sum.bytes,
      operations: new Map(
        this.#operations
          .map((name, tag) => [name, sum.operations[tag]!] as const)
          .filter(([, count]) => count > 0),
      ),
      firstTimestampNs: sum.firstTimestampNs,
      lastTimestampNs: sum.lastTimestampNs,
      last: this.by === 'core' && sum !== this.#rest ? sum.last : undefined,
    }));
  }

  #groupOf(key: GroupKey): GroupSum {
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= this.#groupsMax) return this.#rest;
      group = new GroupSum(this.#labelOf(key), this.#operations.length);
      this.#groups.set(key, group);
    }
    return group;
  }

  #keyOf({ view }: CountedRecord): GroupKey {
    switch (this.by) {
      case 'core':
        return view.coreId;
      case 'epoch':
        return view.epochHigh <= SAFE_HIGH_MAX
          ? view.epochHigh * WORD_RANGE + view.epochLow
          : String(view.epoch);
      case 'minute':
        return this.#minuteOf(view.timestampLow, view.timestampHigh);
      case 'prefix':
        return view.keyLength > 0 ? prefixOf(view) : null;
    }
  }

  /** Minutes since 1970. */
  #minuteOf(low: number, high: number): number {
    if (isNegativeHigh(high)) return Number((joinI64(low, high) - MINUTE_NS + 1n) / MINUTE_NS);
    this.#divided.divide(low, high);
    return Math.floor(this.#divided.quotient / MINUTE_SECONDS);
  }

  #labelOf(key: GroupKey): bigint | string | null {
    if (this.by === 'prefix') return key as string | null;
    return this.by === 'minute' ? BigInt(key!) * MINUTE_NS : BigInt(key!);
  }
}

const COLON = 0x3a;
const SLASH = 0x2f;
const DOT = 0x2e;
/** A longer start is no prefix that many keys share. */
const PREFIX_BYTES_MAX = 128;

/** The key up to and with its first `:`, `/` or `.`, a character for each byte; null where there is none. */
export function prefixOf({ bytes, keyStart, keyLength }: EntryPlace): string | null {
  const end = keyStart + Math.min(keyLength, PREFIX_BYTES_MAX);
  let prefix = '';
  for (let at = keyStart; at < end; at++) {
    const byte = bytes[at]!;
    prefix += String.fromCharCode(byte);
    if (byte === COLON || byte === SLASH || byte === DOT) return prefix;
  }
  return null;
}

function compareLabels({ label: one }: GroupSum, { label: other }: GroupSum): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? 1 : -1;
  return one < other ? -1 : one > other ? 1 : 0;
}
