import { crc32c } from '../../bytes/crc/checksum.js';
import { readU32 } from '../../bytes/halves.js';
import { StatelogError } from '../../errors.js';
import { PUT_TYPE } from '../../fold/format/format.js';
import { FoldRecord } from '../../fold/format/record.js';
import { TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { HEADER, RECORD_HEADER_BYTES } from '../../wal/format/record.js';
import type { LyingRecord, NotedFiles, RecordPlace } from './noted-files.js';

/** Reads records again that were noted. */
export interface RecordsAgain<Record> {
  /**
   * The record at a place, valid until the next call.
   * @throws StatelogError `IO_FAILED` where another is there now; what `NotedFiles.read` throws
   */
  recordAt(place: RecordPlace): Record;
  /** A copy of the value that a record puts; undefined where it is a delete. @throws StatelogError as `recordAt` */
  valueAt(place: RecordPlace): Uint8Array | undefined;
}

/** A record of a write-ahead log that was noted. */
export interface SegmentRecord extends LyingRecord {
  readonly view: WalEntryView;
}

/** A record of a fold log and its file. */
export interface LocatedFoldRecord extends LyingRecord {
  readonly record: FoldRecord;
}

/** Records of write-ahead logs. */
export class SegmentRecordsAgain implements RecordsAgain<SegmentRecord> {
  readonly #files: NotedFiles;
  readonly #view = new WalEntryView();

  constructor(files: NotedFiles) {
    this.#files = files;
  }

  recordAt(place: RecordPlace): SegmentRecord {
    const { bytes, start } = this.#files.read(place);
    const data = start + RECORD_HEADER_BYTES;
    const end = start + place.bytes;
    const isSame =
      readU32(bytes, start + HEADER.length) === end - data &&
      readU32(bytes, start + HEADER.crc) === crc32c(bytes, data, end) &&
      this.#view.decode(bytes, data, end) === undefined;
    const path = this.#files.pathOf(place);
    if (!isSame) throw changedMeanwhile(path, place);
    return { path, offset: place.offset, recordBytes: place.bytes, view: this.#view };
  }

  valueAt(place: RecordPlace): Uint8Array | undefined {
    const { view } = this.recordAt(place);
    return view.tag === TAG_PUT ? view.valueCopy() : undefined;
  }
}

/** Records of a fold log. */
export class FoldRecordsAgain implements RecordsAgain<LocatedFoldRecord> {
  readonly #files: NotedFiles;
  readonly #record = new FoldRecord();

  constructor(files: NotedFiles) {
    this.#files = files;
  }

  recordAt(place: RecordPlace): LocatedFoldRecord {
    const { bytes, start } = this.#files.read(place);
    const record = this.#record;
    const shape = record.parse(bytes, start, start + place.bytes);
    const path = this.#files.pathOf(place);
    if (shape !== 'whole' || record.length !== place.bytes || !record.checksumHolds())
      throw changedMeanwhile(path, place);
    record.offset = place.offset;
    return { path, offset: place.offset, recordBytes: place.bytes, record };
  }

  valueAt(place: RecordPlace): Uint8Array | undefined {
    const { record } = this.recordAt(place);
    return record.type === PUT_TYPE ? record.value() : undefined;
  }
}

function changedMeanwhile(path: string, { offset }: RecordPlace): StatelogError {
  return new StatelogError('IO_FAILED', 'the record that was here has been written over', {
    path,
    offset,
    operation: 'read',
    hint: 'something else writes to the file: run it again',
  });
}
