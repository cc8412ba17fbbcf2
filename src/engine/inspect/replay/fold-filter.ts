import type { Finding } from '../../finding.js';
import { CURSOR_TYPE } from '../../fold/format/format.js';
import { isGroupMark } from '../../fold/format/group-mark.js';
import { recordTypeName, type FoldRecord } from '../../fold/format/record.js';
import type { LocatedFoldRecord } from '../select/records-again.js';
import { KeyFilter, type KeyFilterOptions } from './key-filter.js';
import type { CountedRecord } from './record-groups.js';
import { liesWithin } from './replay-filter.js';

/** The operations of a fold log's records; `group` marks that those behind it count together. */
export const FOLD_OPERATIONS = ['put', 'delete', 'cursor', 'group'] as const;

/** The name of such an operation. */
export type FoldOperationName = (typeof FOLD_OPERATIONS)[number];

/** The operation of a record. */
export function foldOperationOf(record: FoldRecord): FoldOperationName {
  return isGroupMark(record) ? 'group' : recordTypeName(record.type);
}

/** Whether a record puts or deletes a key. */
export function isChange(record: FoldRecord): boolean {
  return record.type !== CURSOR_TYPE && !isGroupMark(record);
}

/** Which records of a fold log are wanted; what is left out filters nothing. */
export interface FoldFilterOptions extends KeyFilterOptions {
  readonly operations?: readonly string[] | undefined;
  /** Bytes from the start of the file; the upper bound is exclusive. */
  readonly fromOffset?: number | undefined;
  readonly toOffset?: number | undefined;
}

/** Tells the records of a fold log that were asked for. */
export class FoldFilter {
  readonly #operations: ReadonlySet<string> | undefined;
  readonly #keys: KeyFilter;
  readonly #fromOffset: number;
  readonly #toOffset: number;

  constructor(options: FoldFilterOptions = {}) {
    const { operations, fromOffset = 0, toOffset = Infinity } = options;
    this.#operations = operations === undefined ? undefined : new Set(operations);
    this.#keys = new KeyFilter(options);
    this.#fromOffset = fromOffset;
    this.#toOffset = toOffset;
  }

  /** How many keys were named. */
  get keyCount(): number {
    return this.#keys.count;
  }

  /** Whether a record is wanted. */
  takes({ record }: { readonly record: FoldRecord }): boolean {
    if (record.offset < this.#fromOffset || record.offset >= this.#toOffset) return false;
    if (this.#operations?.has(foldOperationOf(record)) === false) return false;
    return this.#keys.takesAll || (isChange(record) && this.#keys.takes(record));
  }

  /** Whether a finding lies, at least in part, where records are wanted. */
  takesFinding(finding: Finding): boolean {
    return liesWithin(finding, this.#fromOffset, this.#toOffset);
  }

  /** The place of the key that a record puts or deletes among those that were named; -1 where it is none of them. */
  keyIndexOf({ record }: { readonly record: FoldRecord }): number {
    return isChange(record) ? this.#keys.indexOf(record) : -1;
  }
}

const NO_PLACE = {
  coreId: 0,
  epochLow: 0,
  epochHigh: 0,
  epoch: 0n,
  sequenceLow: 0,
  sequenceHigh: 0,
  timestampLow: 0,
  timestampHigh: 0,
} as const;

/** A record of a fold log to be counted: its tag is its operation's place in `FOLD_OPERATIONS`. */
export function countedFold({ path, offset, recordBytes, record }: LocatedFoldRecord): CountedRecord {
  const { bytes, keyStart, valueStart, valueLength } = record;
  const tag = FOLD_OPERATIONS.indexOf(foldOperationOf(record));
  const keyLength = isChange(record) ? record.keyLength : 0;
  return {
    path,
    offset,
    recordBytes,
    view: { ...NO_PLACE, tag, bytes, keyStart, keyLength, valueStart, valueLength },
  };
}
