import { readI64, readU32, readU64 } from '../../bytes/halves.js';
import type { Finding } from '../../finding.js';
import { ROOT, ROOT_BYTES, TAG_DELETE, TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES } from '../../wal/format/record.js';
import { entryLengthOfRoot } from '../../wal/format/root-shape.js';
import type { DamagedChange } from '../account/lost-keys.js';

/** Records of one gap that are looked at, from either end; and the longest key that is named. */
const RECORDS_MAX = 1024;
const KEY_BYTES_MAX = 64 * 1024;

/** The traces of records that bad bytes of a segment still show. */
export interface MadeOut {
  /** Records that can be told, whether they have keys or not. */
  readonly records: number;
  readonly changes: readonly DamagedChange[];
}

interface Extent {
  readonly offset: number;
  readonly end: number;
}

/**
 * Makes out the records of a gap whose roots are whole, although their checksums fail: from its start as
 * long as the headers' lengths lead on, and from its end as long as the roots say where they start.
 * Of a damaged key a wrong name comes out: who lists it has to know whether there is such a key.
 * @param sequenceDue the sequence that the first lost record has; undefined where that is not known
 */
export function makeOutRecords(
  fileSystem: FileSystem,
  descriptor: FileDescriptor,
  { file, offset, bytes }: Finding,
  sequenceDue: bigint | undefined,
): MadeOut {
  const reader = new GapReader(fileSystem, descriptor, file, sequenceDue ?? 0n);
  const gap = { offset, end: offset + bytes };
  const rest = reader.readForward(gap);
  reader.readBackward(rest);
  return { records: reader.records, changes: reader.changes };
}

class GapReader {
  records = 0;
  readonly changes: DamagedChange[] = [];
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #file: string;
  readonly #sequenceDue: bigint;
  readonly #header = new Uint8Array(RECORD_HEADER_BYTES);
  readonly #root = new Uint8Array(ROOT_BYTES);

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor, file: string, sequenceDue: bigint) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#file = file;
    this.#sequenceDue = sequenceDue;
  }

  /** Reads records from the start on; what is left where that ends. */
  readForward({ offset, end }: Extent): Extent {
    let at = offset;
    for (let count = 0; count < RECORDS_MAX && at + RECORD_HEADER_BYTES < end; count++) {
      if (!this.#read(this.#header, at)) break;
      const length = readU32(this.#header, HEADER.length);
      const recordEnd = at + RECORD_HEADER_BYTES + length;
      if (!isPlausibleLength(length) || recordEnd > end || !this.#readRoot(recordEnd)) break;
      if (entryLengthOfRoot(this.#root, 0) !== length) break;
      this.#take(at, length);
      at = recordEnd;
    }
    return { offset: at, end };
  }

  /** Reads records from the end back; those found last come first. */
  readBackward({ offset, end }: Extent): void {
    let at = end;
    for (let count = 0; count < RECORDS_MAX; count++) {
      if (at - ROOT_BYTES < offset || !this.#readRoot(at)) break;
      const length = entryLengthOfRoot(this.#root, 0);
      const start = at - length - RECORD_HEADER_BYTES;
      if (length < ROOT_BYTES || start < offset) break;
      this.#take(start, length);
      at = start;
    }
  }

  /** Takes the record at `start` whose root was read: its key comes first in its data. */
  #take(start: number, length: number): void {
    this.records += 1;
    const tag = this.#root[ROOT.tag];
    const keyLength = readU32(this.#root, ROOT.key + 4);
    if ((tag !== TAG_PUT && tag !== TAG_DELETE) || keyLength > Math.min(KEY_BYTES_MAX, length)) return;
    const sequence = readU64(this.#root, ROOT.sequence);
    if (sequence < this.#sequenceDue) return;
    const key = new Uint8Array(keyLength);
    if (!this.#read(key, start + RECORD_HEADER_BYTES)) return;
    const written = {
      epoch: readU64(this.#root, ROOT.epoch),
      timestampNs: readI64(this.#root, ROOT.timestampNs),
    };
    const op = tag === TAG_PUT ? 'put' : 'delete';
    this.changes.push({ key, op, file: this.#file, offset: start, written, sequence });
  }

  #readRoot(recordEnd: number): boolean {
    return this.#read(this.#root, recordEnd - ROOT_BYTES);
  }

  #read(into: Uint8Array, position: number): boolean {
    return this.#fileSystem.read(this.#descriptor, into, 0, into.length, position) === into.length;
  }
}
