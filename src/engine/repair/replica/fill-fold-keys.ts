import { crc32c } from '../../bytes/crc/checksum.js';
import { equalBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import { encodePutRecord, putBytesMax } from '../../fold/format/record-encoder.js';
import { VersionToken } from '../../fold/format/version-token.js';
import { WatchCursor } from '../../fold/format/watch-cursor.js';
import { openReadable } from '../../inspect/open.js';
import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import type { ReadableStore } from '../../store/store.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { foldRemains, isLater, nameOf, type FoldRemains } from './fold-remains.js';
import type { FoldGap, FoldStretches } from './fold-stretches.js';
import type { Replica } from './replica.js';

/** A change that a gap held, as a replica shows it. */
interface FoundChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly version: Uint8Array;
}

/** All changes that gaps held, or why they cannot be known. */
type FoundChanges =
  | {
      readonly changes: readonly FoundChange[];
      /** Keys that the log has and the replica has not: a delete may be lost, or the replica holds only some keys. */
      readonly absent: number;
      readonly refused?: undefined;
    }
  | { readonly refused: string };

/**
 * Fills the keys of gaps of a fold log from a replica that was folded anew, or is of another kind. It has to be of the same stream:
 * wherever both have a key with the same version, the value is the same; and its position may not lie before the gaps. Of a key,
 * only a version is taken that is later than what is left, and no later than the log's end.
 * @returns records to be read in the last gap
 */
export function* fillFoldKeys(
  account: RepairAccount,
  replica: Replica,
  own: FoldStretches,
  gaps: readonly FoldGap[],
): Generator<RepairEvent, Map<FoldGap, FileSlice[]>> {
  const filled = new Map<FoldGap, FileSlice[]>();
  const found = findChanges(account, replica, own, gaps);
  if (found.refused !== undefined) {
    yield account.tellNotTaken({ file: replica.path, for: own.path, reason: found.refused });
    return filled;
  }
  const gap = gaps.at(-1)!;
  const slices: FileSlice[] = [];
  for (const { key, value, version } of found.changes) {
    const bytes = recordOf(key, value, VersionToken.fromBytes(version));
    slices.push({ path: own.path, start: gap.end, length: bytes.length, holder: own.status, bytes });
    const place = { file: own.path, offset: gap.start, bytes: bytes.length, records: 0 };
    yield account.tellFilled({ kind: 'key', ...place, key, from: replica.path, fromOffset: 0 });
  }
  if (found.absent > 0) {
    const reason = `it lacks ${found.absent} keys that are here, and does not tell whether they were deleted: they are kept`;
    yield account.tellNotTaken({ file: replica.path, for: own.path, reason });
  }
  filled.set(gap, slices);
  return filled;
}

function findChanges(
  { fileSystem }: RepairAccount,
  replica: Replica,
  own: FoldStretches,
  gaps: readonly FoldGap[],
): FoundChanges {
  let store: ReadableStore;
  try {
    store = openReadable(replica.path, { fileSystem });
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return { refused: `it cannot be read as a whole: ${error.message}` };
  }
  try {
    return changesIn(store, foldRemains(fileSystem, own.path, gaps), gaps.at(-1)!.start);
  } finally {
    store.close();
  }
}

function changesIn(
  store: ReadableStore,
  { last, end, behindGaps }: FoldRemains,
  gapStart: number,
): FoundChanges {
  const changes: FoundChange[] = [];
  const seen = new Set<string>();
  let position: Uint8Array = new Uint8Array(0);
  if (store.cursor !== undefined) position = WatchCursor.fromBytes(store.cursor).version.toBytes();
  let isShared = false;
  for (const { key, value, version = new Uint8Array(0) } of store.entries()) {
    const known = last.get(nameOf(key));
    seen.add(nameOf(key));
    if (version.length === 0) continue;
    if (isLater(version, position)) position = version;
    if (known !== undefined && !known.isDelete && equalBytes(known.version, version)) {
      if (known.valueSum !== crc32c(value))
        return { refused: 'it is of another stream: a version that both have differs' };
      isShared = true;
    }
    const isWithin = !isLater(version, end) && (known === undefined || isLater(version, known.version));
    if (isWithin) changes.push({ key, value, version });
  }
  if (!isShared)
    return { refused: 'no version of a key is in both: nothing proves that they are of one stream' };
  if (behindGaps.length === 0 || isLater(behindGaps, position))
    return { refused: 'its position lies before the damage' };
  const absent = [...last.values()].filter(
    ({ key, isDelete, offset, version }) =>
      !isDelete && version.length > 0 && offset < gapStart && !seen.has(nameOf(key)),
  ).length;
  return { changes, absent };
}

function recordOf(key: Uint8Array, value: Uint8Array, version: VersionToken): Uint8Array {
  const bytes = new Uint8Array(putBytesMax(key, value, version));
  return bytes.subarray(0, encodePutRecord(bytes, 0, key, value, version));
}
