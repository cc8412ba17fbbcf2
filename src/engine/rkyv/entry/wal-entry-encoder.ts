import { copyBytes } from '../../bytes/copy.js';
import { writeI64, writeU16, writeU32 } from '../../bytes/halves.js';
import { layOutCommitMap, writeCommitMap, writeCommitMapReference } from '../commit-map/commit-map-writer.js';
import {
  alignToRoot,
  LAG_PRESENT,
  ROOT,
  ROOT_BYTES,
  TAG_CHECKPOINT,
  TAG_COMMIT,
  TAG_DELETE,
  TAG_EPOCH_BARRIER,
  TAG_PUT,
  type WalTag,
} from './wal-entry-format.js';

/**
 * What all entries have in common, 64-bit numbers as u32 halves. A writer keeps one and changes its
 * fields from record to record.
 */
export interface WalEntryHeader {
  epochLow: number;
  epochHigh: number;
  sequenceLow: number;
  sequenceHigh: number;
  coreId: number;
  timestampLow: number;
  timestampHigh: number;
  /**
   * The record's position minus the position known durable; -1 = do not say. One that does not fit in
   * u32 is not said either: such a record then counts as damage's witness, and nothing is cut.
   */
  lag: number;
}

/** A header of zeros and no lag. */
export function createWalEntryHeader(): WalEntryHeader {
  return {
    epochLow: 0,
    epochHigh: 0,
    sequenceLow: 0,
    sequenceHigh: 0,
    coreId: 0,
    timestampLow: 0,
    timestampHigh: 0,
    lag: -1,
  };
}

const LAG_MAX = 0xffff_ffff;

/** A store past the end of a typed array is silently dropped: asked before the first byte is written. */
function checkRoom(into: Uint8Array, at: number, root: number): void {
  if (at < 0 || root + ROOT_BYTES > into.length) {
    throw new RangeError(`an entry of ${root + ROOT_BYTES - at} bytes at ${at} passes ${into.length} bytes`);
  }
}

/** Writes the root's first half, up to the tag, and zeros behind it. */
function writeRoot(into: Uint8Array, root: number, header: WalEntryHeader, tag: WalTag): void {
  writeU32(into, root + ROOT.epoch, header.epochLow);
  writeU32(into, root + ROOT.epoch + 4, header.epochHigh);
  writeU32(into, root + ROOT.sequence, header.sequenceLow);
  writeU32(into, root + ROOT.sequence + 4, header.sequenceHigh);
  writeU16(into, root + ROOT.coreId, header.coreId);
  const hasLag = header.lag >= 0 && header.lag <= LAG_MAX;
  writeU16(into, root + ROOT.lagMark, hasLag ? LAG_PRESENT : 0);
  writeU32(into, root + ROOT.lag, hasLag ? header.lag : 0);
  writeU32(into, root + ROOT.timestampNs, header.timestampLow);
  writeU32(into, root + ROOT.timestampNs + 4, header.timestampHigh);
  writeU32(into, root + ROOT.tag, tag);
  for (let at = root + ROOT.key; at < root + ROOT_BYTES; at += 4) writeU32(into, at, 0);
}

function writeZeros(into: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; at++) into[at] = 0;
}

function writeVec(into: Uint8Array, field: number, pointsAt: number, length: number): void {
  writeU32(into, field, pointsAt - field);
  writeU32(into, field + 4, length);
}

/**
 * Writes a Put at `into[at, …)`, its key and value taken from where they lie.
 * @returns how many bytes were written: `walEntryBytes(TAG_PUT, keyLength, valueLength)`
 * @throws RangeError where there is no room for them
 */
export function encodePutParts(
  into: Uint8Array,
  at: number,
  header: WalEntryHeader,
  keyBytes: Uint8Array,
  keyStart: number,
  keyLength: number,
  valueBytes: Uint8Array,
  valueStart: number,
  valueLength: number,
): number {
  const valueAt = at + keyLength;
  const contentEnd = valueAt + valueLength;
  const root = at + alignToRoot(keyLength + valueLength);
  checkRoom(into, at, root);
  copyBytes(keyBytes, keyStart, keyLength, into, at);
  copyBytes(valueBytes, valueStart, valueLength, into, valueAt);
  writeZeros(into, contentEnd, root);
  writeRoot(into, root, header, TAG_PUT);
  writeVec(into, root + ROOT.key, at, keyLength);
  writeVec(into, root + ROOT.value, valueAt, valueLength);
  return root + ROOT_BYTES - at;
}

/** `encodePutParts` of a whole key and a whole value. */
export function encodePut(
  into: Uint8Array,
  at: number,
  header: WalEntryHeader,
  key: Uint8Array,
  value: Uint8Array,
): number {
  return encodePutParts(into, at, header, key, 0, key.length, value, 0, value.length);
}

/**
 * Writes a Delete at `into[at, …)`, its key taken from where it lies.
 * @returns how many bytes were written: `walEntryBytes(TAG_DELETE, keyLength, 0)`
 * @throws RangeError where there is no room for them
 */
export function encodeDeleteParts(
  into: Uint8Array,
  at: number,
  header: WalEntryHeader,
  keyBytes: Uint8Array,
  keyStart: number,
  keyLength: number,
): number {
  const root = at + alignToRoot(keyLength);
  checkRoom(into, at, root);
  copyBytes(keyBytes, keyStart, keyLength, into, at);
  writeZeros(into, at + keyLength, root);
  writeRoot(into, root, header, TAG_DELETE);
  writeVec(into, root + ROOT.key, at, keyLength);
  return root + ROOT_BYTES - at;
}

/** `encodeDeleteParts` of a whole key. */
export function encodeDelete(into: Uint8Array, at: number, header: WalEntryHeader, key: Uint8Array): number {
  return encodeDeleteParts(into, at, header, key, 0, key.length);
}

/** Writes a Checkpoint at `into[at, …)`. @returns how many bytes were written: 64 */
export function encodeCheckpoint(
  into: Uint8Array,
  at: number,
  header: WalEntryHeader,
  idLow: number,
  idHigh: number,
): number {
  checkRoom(into, at, at);
  writeRoot(into, at, header, TAG_CHECKPOINT);
  writeU32(into, at + ROOT.number, idLow);
  writeU32(into, at + ROOT.number + 4, idHigh);
  return ROOT_BYTES;
}

/** Writes an EpochBarrier at `into[at, …)`. @returns how many bytes were written: 64 */
export function encodeEpochBarrier(
  into: Uint8Array,
  at: number,
  header: WalEntryHeader,
  barrierEpochLow: number,
  barrierEpochHigh: number,
): number {
  checkRoom(into, at, at);
  writeRoot(into, at, header, TAG_EPOCH_BARRIER);
  writeU32(into, at + ROOT.number, barrierEpochLow);
  writeU32(into, at + ROOT.number + 4, barrierEpochHigh);
  return ROOT_BYTES;
}

const WATERMARK_LIMIT = 2n ** 63n;

/**
 * A Commit as bytes of its own. Commits are rare: this allocates.
 * @throws StatelogError `INVALID_ARGUMENT` for a name that has no UTF-8 form
 * @throws RangeError for an offset that is not a u64, or a watermark that is not an i64
 */
export function encodeCommit(
  header: WalEntryHeader,
  offsets: ReadonlyMap<string, bigint>,
  watermark: bigint | undefined,
): Uint8Array {
  if (watermark !== undefined && (watermark < -WATERMARK_LIMIT || watermark >= WATERMARK_LIMIT)) {
    throw new RangeError(`the watermark ${watermark} is not an i64`);
  }
  const layout = layOutCommitMap(offsets);
  const root = alignToRoot(layout.bytes);
  const entry = new Uint8Array(root + ROOT_BYTES);
  writeRoot(entry, root, header, TAG_COMMIT);
  const controlsAt = writeCommitMap(layout, entry, 0);
  writeCommitMapReference(layout, entry, root + ROOT.commitMap, controlsAt);
  if (watermark !== undefined) {
    entry[root + ROOT.watermarkMark] = 1;
    writeI64(entry, root + ROOT.watermark, watermark);
  }
  return entry;
}
