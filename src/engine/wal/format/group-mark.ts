import { crc32c } from '../../bytes/crc/checksum.js';
import { writeU32 } from '../../bytes/halves.js';
import { clearCommitMap } from '../../rkyv/commit-map/commit-map-clear.js';
import { ROOT, ROOT_BYTES, TAG_COMMIT } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { HEADER, RECORD_HEADER_BYTES } from './record.js';

/*
 * An atomic group is a run of records behind a mark, which is a Commit of its own (docs/formats/wal.md, "Groups"). Where a
 * Commit names a source and how far it was read, the mark names a core and how far its segment must reach: under a name that no
 * command line can give. To LaminarDB it is a Commit about sources that it does not know.
 */

const NAME_START = '\0group/';
const CORE = /^\d{1,5}$/;

/** For each core that an atomic group is in: the sequence behind the last of its records there. */
export type GroupEnds = ReadonlyMap<number, bigint>;

/** The offsets of the Commit that marks a group. */
export function groupMark(ends: GroupEnds): Map<string, bigint> {
  return new Map([...ends].map(([coreId, end]) => [NAME_START + String(coreId), end]));
}

/** The group that a Commit with these offsets marks; undefined for a Commit about sources. */
export function groupOfOffsets(offsets: ReadonlyMap<string, bigint>): GroupEnds | undefined {
  if (offsets.size === 0) return undefined;
  const ends = new Map<number, bigint>();
  for (const [name, end] of offsets) {
    const core = name.slice(NAME_START.length);
    if (!name.startsWith(NAME_START) || !CORE.test(core)) return undefined;
    ends.set(Number(core), end);
  }
  return ends;
}

/** The group that a record marks; undefined for one that marks none. */
export function groupOfRecord(view: WalEntryView): GroupEnds | undefined {
  if (view.tag !== TAG_COMMIT) return undefined;
  const operation = view.operation();
  return operation.op === 'commit' ? groupOfOffsets(operation.offsets) : undefined;
}

/**
 * The record of a group's mark, header included, that no longer says how far segments must reach: for a place where the records
 * behind it are numbered anew, or are not all there.
 * @param recordBytes the record's size
 */
export function withoutGroupMark({ bytes, rootStart }: WalEntryView, recordBytes: number): Uint8Array {
  const end = rootStart + ROOT_BYTES;
  const length = recordBytes - RECORD_HEADER_BYTES;
  const record = new Uint8Array(recordBytes);
  record.set(bytes.subarray(end - length, end), RECORD_HEADER_BYTES);
  clearCommitMap(record, recordBytes - ROOT_BYTES + ROOT.commitMap);
  writeU32(record, HEADER.length, length);
  writeU32(record, HEADER.crc, crc32c(record, RECORD_HEADER_BYTES, recordBytes));
  return record;
}
