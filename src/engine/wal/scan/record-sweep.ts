import { TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { readU32 } from '../../bytes/halves.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { HEADER, isPlausibleLength, RECORD_BYTES_MIN, RECORD_HEADER_BYTES } from '../format/record.js';
import { RecordReader } from '../record/record-reader.js';
import { RecordSearch, type JudgesOrder } from '../resync/record-search.js';

/** Good records that lie one behind the other: of one core and one epoch, each sequence one more than the last. */
export interface RecordRun {
  readonly coreId: number;
  readonly epoch: bigint;
  readonly firstSequence: bigint;
  readonly records: number;
  /** Start of the first record and end of the last one, in bytes of the file. */
  readonly offset: number;
  readonly end: number;
  readonly firstTimestampNs: bigint;
  readonly lastTimestampNs: bigint;
  /** Whether its records say their lag: statelog wrote them, and their time never goes back. */
  readonly hasLags: boolean;
  /** The epoch that the last barrier among them closes; undefined where there is none. */
  readonly barrier: bigint | undefined;
}

/** The place of one good record, and the fields that tell it from another. */
export interface SweptRecord {
  readonly sequence: bigint;
  readonly timestampNs: bigint;
  readonly offset: number;
  readonly end: number;
  /** The checksum that its header states, and that its data has. */
  readonly crc: number;
}

/** The sequence that comes after a run's last one. */
export function nextSequenceOf({ firstSequence, records }: RecordRun): bigint {
  return firstSequence + BigInt(records);
}

/** Any record may stand anywhere: what a place says of it is not asked. */
const ANY_ORDER: JudgesOrder = { judge: () => 'follows', isAfterMissing: () => false };

/**
 * All good records of a file, whatever core, epoch and sequence they say, and in whatever order they lie: for files that were
 * put together from pieces of others. Records that a whole one holds as its value are passed over with it, and so are
 * those within a bad one whose end a good record marks, unless they come right before that one.
 *
 * Invariant: all before `#position` lies within a run that was told, or holds no good record.
 */
export class RecordSweep {
  readonly #reader: RecordReader;
  readonly #search: RecordSearch;
  #position: number;
  #lastGood = -1;

  /** @param end where the file counts as ending */
  constructor(fileSystem: FileSystem, descriptor: FileDescriptor, from: number, end: number) {
    this.#reader = new RecordReader(fileSystem, descriptor, from, end);
    this.#search = new RecordSearch(this.#reader, ANY_ORDER);
    this.#position = from;
  }

  /** The runs, in the order in which they lie. */
  *runs(): Generator<RecordRun, void> {
    let run: OpenRun | undefined;
    while (this.#moveToRecord()) {
      const { view, recordBytes } = this.#reader;
      if (run?.continuesWith(view, this.#position) !== true) {
        if (run !== undefined) yield run.close();
        run = new OpenRun(view, this.#position);
      }
      run.take(view, recordBytes);
      this.#pass();
    }
    if (run !== undefined) yield run.close();
  }

  /** The records one by one. */
  *records(): Generator<SweptRecord, void> {
    while (this.#moveToRecord()) {
      const { view, recordBytes, headerCrc } = this.#reader;
      const offset = this.#position;
      yield {
        sequence: view.sequence,
        timestampNs: view.timestampNs,
        offset,
        end: offset + recordBytes,
        crc: headerCrc,
      };
      this.#pass();
    }
  }

  /**
   * Passes over good records up to bytes that are none, for who looks into those, and says with `goOnAt` where to go on.
   * @returns where they start; -1 at the end
   */
  nextBad(): number {
    for (;;) {
      const state = this.#reader.check(this.#position, true);
      if (state === 'end') return -1;
      if (state !== 'good') return this.#position;
      this.#lastGood = this.#position;
      this.#pass();
    }
  }

  /** Start of the last good record that `nextBad` passed; -1 before the first. */
  get lastGood(): number {
    return this.#lastGood;
  }

  /** True once claims that proved false have cost more than the progress allows. */
  get isExhausted(): boolean {
    return this.#reader.checksums.isExhausted;
  }

  /** Start of the next good record behind the bad bytes at `position`; -1 if none follows. */
  goodBehind(position: number): number {
    this.#position = position;
    this.#reader.check(position);
    return this.#findBehindBad();
  }

  goOnAt(position: number): void {
    this.#position = position;
    this.#reader.reach(position);
  }

  /** The entry of the good record at a place, until the next call; undefined where there is none. */
  recordAt(position: number): WalEntryView | undefined {
    return position >= 0 && this.#reader.check(position) === 'good' ? this.#reader.view : undefined;
  }

  #pass(): void {
    this.#position += this.#reader.recordBytes;
    this.#reader.reach(this.#position);
  }

  /** Moves to the next good record, which may be at hand; the reader then holds it. */
  #moveToRecord(): boolean {
    const state = this.#reader.check(this.#position, true);
    if (state === 'good') return true;
    if (state === 'end') return false;
    const found = this.#findBehindBad();
    if (found < 0) return false;
    this.#position = found;
    return true;
  }

  #findBehindBad(): number {
    const claimed = this.#claimedEnd();
    const next = claimed > 0 ? this.#reader.goodElsewhere(claimed) : undefined;
    if (next !== undefined) return this.#before(claimed, next);
    return this.#search.next(this.#position + 1, this.#reader.window.end);
  }

  /**
   * The position to go on at if a bad record claims to end at a good one: there,
   * unless records in between come right before it in the numbering. Others are bytes of a value.
   */
  #before(claimed: number, { coreId, epoch, sequence }: WalEntryView): number {
    const { view } = this.#reader;
    let at = this.#search.next(this.#position + 1, claimed);
    while (at >= 0) {
      const isOfLog = view.coreId === coreId && view.epoch <= epoch && view.sequence < sequence;
      const end = at + this.#reader.recordBytes;
      const isNear = sequence - view.sequence <= BigInt(Math.ceil((claimed - at) / RECORD_BYTES_MIN));
      if (isOfLog && isNear && end <= claimed) return at;
      at = this.#search.next(end, claimed);
    }
    this.#reader.check(claimed);
    return claimed;
  }

  /** End of the bad record at hand by its own header; -1 if that says nothing. */
  #claimedEnd(): number {
    const { window } = this.#reader;
    const at = window.load(this.#position, RECORD_HEADER_BYTES);
    if (at < 0) return -1;
    const length = readU32(window.bytes, at + HEADER.length);
    const end = this.#position + RECORD_HEADER_BYTES + length;
    return isPlausibleLength(length) && end < window.end ? end : -1;
  }
}

/**
 * The runs of a file.
 * @param end where it counts as ending, at the latest
 */
export function sweepFile(fileSystem: FileSystem, path: string, end = Infinity): RecordRun[] {
  const descriptor = fileSystem.openRead(path);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    return [...new RecordSweep(fileSystem, descriptor, 0, Math.min(size, end)).runs()];
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

/** A run while it grows. */
class OpenRun {
  readonly #first: Pick<
    RecordRun,
    'coreId' | 'epoch' | 'firstSequence' | 'offset' | 'firstTimestampNs' | 'hasLags'
  >;
  #records = 0;
  #end: number;
  #lastTimestampNs: bigint;
  #nextSequence: bigint;
  #barrier: bigint | undefined;

  constructor(view: WalEntryView, offset: number) {
    const { coreId, epoch, sequence, timestampNs, lag } = view;
    this.#first = {
      coreId,
      epoch,
      firstSequence: sequence,
      offset,
      firstTimestampNs: timestampNs,
      hasLags: lag >= 0,
    };
    this.#end = offset;
    this.#nextSequence = sequence;
    this.#lastTimestampNs = timestampNs;
  }

  continuesWith(view: WalEntryView, offset: number): boolean {
    const { coreId, epoch, hasLags } = this.#first;
    if (offset !== this.#end || view.coreId !== coreId || view.lag >= 0 !== hasLags) return false;
    // Where our own clock goes back, what follows was written by an earlier run.
    if (hasLags && view.timestampNs < this.#lastTimestampNs) return false;
    return view.sequence === this.#nextSequence && view.epoch === epoch;
  }

  take(view: WalEntryView, bytes: number): void {
    this.#records += 1;
    this.#end += bytes;
    this.#nextSequence += 1n;
    this.#lastTimestampNs = view.timestampNs;
    if (view.tag === TAG_EPOCH_BARRIER) this.#barrier = view.epoch;
  }

  close(): RecordRun {
    return {
      ...this.#first,
      records: this.#records,
      end: this.#end,
      lastTimestampNs: this.#lastTimestampNs,
      barrier: this.#barrier,
    };
  }
}
