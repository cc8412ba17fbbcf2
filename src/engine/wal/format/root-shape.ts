import { readI32, readU16, readU32 } from '../../bytes/halves.js';
import {
  controlCount,
  mapCapacity,
  POINTER_TO_NOTHING,
  SLOT_BYTES,
} from '../../rkyv/commit-map/commit-map-format.js';
import {
  alignToRoot,
  LAG_PRESENT,
  ROOT,
  ROOT_BYTES,
  TAG_COMMIT,
  TAG_DELETE,
  TAG_EPOCH_BARRIER,
  TAG_PUT,
} from '../../rkyv/entry/wal-entry-format.js';

/**
 * The cheap question asked of 64 bytes before any checksum: could they be an entry's root, as both
 * writers lay it out (zero padding, key first, value behind it)? A decoder asks less, and may take
 * entries that no writer makes; this is only for finding records again after damage.
 */

/** The bytes do not look like a root. */
export const NO_ROOT = -1;

/** A Commit longer than this has tens of thousands of sources: in a file made to be slow there is none. */
export const USUAL_COMMIT_BYTES_MAX = 1024 * 1024;
/** They look like a Commit's root, which does not say how long its entry is. */
export const ANY_LENGTH = 0;

/**
 * @param root where the 64 bytes start; all of them are in `bytes`
 * @returns how long an entry with this root is, in bytes, `NO_ROOT`, or `ANY_LENGTH`
 */
export function entryLengthOfRoot(bytes: Uint8Array, root: number): number {
  if (!hasTag(bytes, root)) return NO_ROOT;
  const tag = bytes[root + ROOT.tag]!;
  const mark = readU16(bytes, root + ROOT.lagMark);
  if (mark !== LAG_PRESENT && (mark !== 0 || readI32(bytes, root + ROOT.lag) !== 0)) return NO_ROOT;
  if (tag === TAG_PUT) return lengthOfPut(bytes, root);
  if (tag === TAG_DELETE) return lengthOfDelete(bytes, root);
  if (tag === TAG_COMMIT) return lengthOfCommit(bytes, root);
  if (readI32(bytes, root + ROOT.key) !== 0) return NO_ROOT;
  return isZero(bytes, root + ROOT.number + 8, root + ROOT_BYTES) ? ROOT_BYTES : NO_ROOT;
}

/** The cheapest question of all, which turns away nearly everything: whether a root at `root` would have a tag. */
export function hasTag(bytes: Uint8Array, root: number): boolean {
  return readU32(bytes, root + ROOT.tag) <= TAG_EPOCH_BARRIER;
}

/** True if an entry of `length` bytes may end with the root at `root`. */
export function hasShapeOfRoot(bytes: Uint8Array, root: number, length: number): boolean {
  const implied = entryLengthOfRoot(bytes, root);
  return implied === length || (implied === ANY_LENGTH && length >= leastCommitLength(bytes, root));
}

/** How far before `field` a pointer points, seen from the root; the content before the root is this long. */
function contentBefore(bytes: Uint8Array, root: number, field: number): number {
  return -readI32(bytes, root + field) - field;
}

function lengthOfPut(bytes: Uint8Array, root: number): number {
  const content = contentBefore(bytes, root, ROOT.key);
  const keyLength = readU32(bytes, root + ROOT.key + 4);
  const valueLength = readU32(bytes, root + ROOT.value + 4);
  if (content < 0 || content !== alignToRoot(keyLength + valueLength)) return NO_ROOT;
  if (contentBefore(bytes, root, ROOT.value) !== content - keyLength) return NO_ROOT;
  return isZero(bytes, root + ROOT.value + 8, root + ROOT_BYTES) ? content + ROOT_BYTES : NO_ROOT;
}

function lengthOfDelete(bytes: Uint8Array, root: number): number {
  const content = contentBefore(bytes, root, ROOT.key);
  if (content < 0 || content !== alignToRoot(readU32(bytes, root + ROOT.key + 4))) return NO_ROOT;
  return isZero(bytes, root + ROOT.key + 8, root + ROOT_BYTES) ? content + ROOT_BYTES : NO_ROOT;
}

function lengthOfCommit(bytes: Uint8Array, root: number): number {
  const pointer = readI32(bytes, root + ROOT.commitMap);
  const count = readU32(bytes, root + ROOT.commitMap + 4);
  const capacity = readU32(bytes, root + ROOT.commitMap + 8);
  if (bytes[root + ROOT.watermarkMark]! > 1 || capacity !== mapCapacity(count)) return NO_ROOT;
  if (!isZero(bytes, root + ROOT.watermarkMark + 1, root + ROOT.watermark)) return NO_ROOT;
  if (count === 0) return pointer === POINTER_TO_NOTHING ? ROOT_BYTES : NO_ROOT;
  const controls = contentBefore(bytes, root, ROOT.commitMap);
  return controls === alignToRoot(controlCount(capacity)) ? ANY_LENGTH : NO_ROOT;
}

/** The slots and the control bytes; names that are not inline come on top. */
function leastCommitLength(bytes: Uint8Array, root: number): number {
  const capacity = readU32(bytes, root + ROOT.commitMap + 8);
  return capacity * SLOT_BYTES + alignToRoot(controlCount(capacity)) + ROOT_BYTES;
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}
