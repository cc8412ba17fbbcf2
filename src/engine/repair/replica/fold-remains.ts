import { crc32c } from '../../bytes/crc/checksum.js';
import { compareBytes } from '../../bytes/compare.js';
import { CURSOR_TYPE, DELETE_TYPE } from '../../fold/format/format.js';
import type { FoldRecord } from '../../fold/format/record.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { foldStretches, type FoldGap } from './fold-stretches.js';

/** The last change to a key that a log still has. */
export interface LastChange {
  readonly key: Uint8Array;
  readonly version: Uint8Array;
  readonly offset: number;
  readonly isDelete: boolean;
  /** crc32c of its value. */
  readonly valueSum: number;
}

/** The rest of a fold log that has gaps. */
export interface FoldRemains {
  readonly last: ReadonlyMap<string, LastChange>;
  /** The latest version or cursor in it; empty where it has none. */
  readonly end: Uint8Array;
  /** A position at which all that its last gap held was done. */
  readonly behindGaps: Uint8Array;
}

const NONE = new Uint8Array(0);

/** Reads what is left of a fold log. @param gaps in order, at least one */
export function foldRemains(fileSystem: FileSystem, path: string, gaps: readonly FoldGap[]): FoldRemains {
  const reading = new RemainsReading(gaps.at(-1)!.end);
  foldStretches(fileSystem, path, (record, { offset }) => {
    reading.take(record, offset);
  });
  return reading.remains;
}

class RemainsReading {
  readonly #last = new Map<string, LastChange>();
  readonly #gapEnd: number;
  #end: Uint8Array = NONE;
  #behind: Uint8Array = NONE;
  #isAscending = true;

  constructor(gapEnd: number) {
    this.#gapEnd = gapEnd;
  }

  take(record: FoldRecord, offset: number): void {
    const isChange = record.type !== CURSOR_TYPE;
    if (isChange) this.#last.set(nameOf(record.key()), changeOf(record, offset));
    const version = versionOf(record);
    if (version.length === 0) return;
    const isBefore = this.#behind.length === 0;
    if (isChange && isBefore && !isLater(version, this.#end)) this.#isAscending = false;
    if (isBefore && offset >= this.#gapEnd) this.#behind = version;
    if (isLater(version, this.#end)) this.#end = version;
  }

  get remains(): FoldRemains {
    // Where a log was folded anew its versions go by keys: what a gap in it held may be as new as anything there.
    const isKnown = this.#isAscending && this.#behind.length > 0;
    return { last: this.#last, end: this.#end, behindGaps: isKnown ? this.#behind : this.#end };
  }
}

function changeOf(record: FoldRecord, offset: number): LastChange {
  const isDelete = record.type === DELETE_TYPE;
  const valueSum = isDelete ? 0 : crc32c(record.value());
  return { key: record.key(), version: versionOf(record), offset, isDelete, valueSum };
}

/** The version of a record; of a cursor, without a memo. */
function versionOf(record: FoldRecord): Uint8Array {
  return record.type === CURSOR_TYPE ? record.cursor().version.toBytes() : record.token().toBytes();
}

/** Whether one version is later than another of the same kind; any is later than none. */
export function isLater(one: Uint8Array, other: Uint8Array): boolean {
  if (other.length === 0) return one.length > 0;
  return one.length === other.length && compareBytes(one, other) > 0;
}

/** A key as the name in a map. */
export function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
