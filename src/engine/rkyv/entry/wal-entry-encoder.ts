import { writeU16, writeU32, writeU64 } from '../../bytes/halves.js';
import { layOutCommitMap, writeCommitMap, writeCommitMapReference } from '../commit-map/commit-map-writer.js';
import type { TAG_CHECKPOINT, TAG_EPOCH_BARRIER } from './wal-entry-format.js';
import { alignToRoot, LAG_PRESENT, ROOT, ROOT_BYTES, TAG_COMMIT, type WalTag } from './wal-entry-format.js';

/**
 * The fields that all entries have, with 64-bit numbers as u32 halves. A writer keeps one and changes its
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

/** Writes a Checkpoint or an EpochBarrier with its number at `into[at, …)`: 64 bytes. @throws RangeError without room */
export function encodeNumbered(
  into: Uint8Array,
  at: number,
  header: WalEntryHeader,
  tag: typeof TAG_CHECKPOINT | typeof TAG_EPOCH_BARRIER,
  number: bigint,
): void {
  if (at < 0 || at + ROOT_BYTES > into.length) {
    // A store past the end of a typed array is silently dropped: asked before the first byte is written.
    throw new RangeError(`an entry of ${ROOT_BYTES} bytes at ${at} passes ${into.length} bytes`);
  }
  writeRoot(into, at, header, tag);
  writeU64(into, at + ROOT.number, number);
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
    writeU64(entry, root + ROOT.watermark, watermark);
  }
  return entry;
}
