import { applyMend } from '../../bytes/record-mend.js';
import { readU32 } from '../../bytes/halves.js';
import { ROOT, ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';
import { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { RECORD_HEADER_BYTES } from '../../wal/format/record.js';
import type { Neighbour } from '../../wal/mend/neighbours.js';
import { RecordMender } from '../../wal/mend/record-mender.js';

/** The longest damaged record that is looked at; and how much of one segment. */
const LOOKED_BYTES_A_RECORD = 2 * 1024 * 1024;
const LOOKED_BYTES_MAX = 128 * 1024 * 1024;

/** A damaged record of a gap, and what is known of its place. */
export interface PlacedRecord {
  readonly start: number;
  /** End of the record, if header and root agree about it; else of the gap. */
  readonly end: number;
  /** True where header and root agree about its end. */
  readonly isEndKnown: boolean;
  /** End of the gap, where the next good record starts or the file ends. */
  readonly gapEnd: number;
  /** The records before it and at the end of the gap, as far as they are known. */
  readonly before: Neighbour | undefined;
  readonly after: Neighbour | undefined;
}

/** A damaged record of which it is known what it was, but for its key perhaps. */
export interface ProvenRecord {
  readonly view: WalEntryView;
  /** End of the record in the file. */
  readonly end: number;
  /** False where its key lies in what cannot be read. */
  readonly hasKey: boolean;
}

/**
 * Proves what a damaged record was, so that what it says may be told. A checksum that fails says that some byte is wrong, not
 * which: so nothing of the record is certain unless exactly one change explains all of it (`RecordMender`), or the disk
 * itself says which bytes it does not give out.
 */
export class RecordProver {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #path: string;
  readonly #mender = new RecordMender();
  readonly #view = new WalEntryView();
  #lookedBytes = 0;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor, path: string) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#path = path;
  }

  /** @returns undefined where it is not known what the record was; the view is valid until the next call */
  prove(record: PlacedRecord): ProvenRecord | undefined {
    const { start, end, isEndKnown } = record;
    const length = Math.min(end - start, isEndKnown ? Infinity : LOOKED_BYTES_A_RECORD);
    this.#lookedBytes += length;
    if (length > LOOKED_BYTES_A_RECORD || this.#lookedBytes > LOOKED_BYTES_MAX) return undefined;
    const bytes = new Uint8Array(length);
    if (this.#fileSystem.read(this.#descriptor, bytes, 0, length, start) < length) return undefined;
    return this.#byOneChange(bytes, record) ?? (isEndKnown ? this.#byUnreadable(bytes, record) : undefined);
  }

  #byOneChange(bytes: Uint8Array, record: PlacedRecord): ProvenRecord | undefined {
    const { start, gapEnd, before, after } = record;
    const atGapEnd = gapEnd - start;
    const mend = this.#mender.mend(
      {
        bytes,
        position: start,
        end: bytes.length === atGapEnd ? atGapEnd : -1,
        before,
        after: (end) => (end === atGapEnd ? after : undefined),
      },
      'all',
    );
    if (mend === undefined) return undefined;
    const whole = applyMend(bytes, mend);
    if (this.#view.decode(whole, RECORD_HEADER_BYTES, whole.length) !== undefined) return undefined;
    return { view: this.#view, end: start + mend.end, hasKey: true };
  }

  /** All but the bytes that cannot be read is as it was written, as far as anyone can tell. */
  #byUnreadable(bytes: Uint8Array, { start, end }: PlacedRecord): ProvenRecord | undefined {
    const isUnreadable = (from: number, to: number): boolean =>
      this.#fileSystem.unreadable?.touches(this.#path, start + from, to - from) === true;
    const root = bytes.length - ROOT_BYTES;
    if (!isUnreadable(0, bytes.length) || isUnreadable(0, RECORD_HEADER_BYTES)) return undefined;
    if (isUnreadable(root, bytes.length)) return undefined;
    if (this.#view.decode(bytes, RECORD_HEADER_BYTES, bytes.length) !== undefined) return undefined;
    const keyEnd = RECORD_HEADER_BYTES + readU32(bytes, root + ROOT.key + 4);
    const hasKey = this.#view.keyLength === 0 || !isUnreadable(RECORD_HEADER_BYTES, keyEnd);
    return { view: this.#view, end, hasKey };
  }
}
