import { checkBytes, checkBytesIfGiven } from '../bytes/byte-argument.js';
import { checkCommit } from '../rkyv/entry/operation-arguments.js';

/** One change of a group. */
export interface GroupChange {
  readonly key: Uint8Array;
  /** Undefined for a delete. */
  readonly value: Uint8Array | undefined;
}

/** The word on sources that goes with a group, as `StateDirectory.commit` takes it. */
export interface GroupCommit {
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/** @throws TypeError or RangeError for what is no change, or no commit */
export function checkGroup(changes: readonly GroupChange[], commit: GroupCommit | undefined): void {
  for (const { key, value } of changes) {
    checkBytes(key, 'key');
    checkBytesIfGiven(value, 'value');
  }
  if (commit !== undefined) checkCommit(commit.offsets, commit.watermark);
}
