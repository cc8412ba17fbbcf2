import { crc32c } from '../../bytes/crc/checksum.js';
import { readU32 } from '../../bytes/halves.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { causeOfLength, causeOfStanding, causeOfState, type Gap, type GapCause } from './gap.js';
import { Landing } from '../resync/landing.js';
import { RecordOrder, type Standing } from '../format/record-order.js';
import { Remarkable } from '../format/remarkable.js';
import { OrdinaryRun, type PassedChanges } from '../record/ordinary-run.js';
import { RecordReader } from '../record/record-reader.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES } from '../format/record.js';

/** The result of `RecordStream.next`. */
export type StreamEvent = 'record' | 'gap' | 'end';

/** The options for reading a segment. Positions are bytes from the start of the file. */
export interface RecordStreamOptions {
  readonly fileSystem: FileSystem;
  readonly descriptor: FileDescriptor;
  /** Undefined: that of the first good record. */
  readonly coreId?: number | undefined;
  /** The sequence that the first record must have; undefined: any. */
  readonly expectedSequence?: bigint | undefined;
  /** The epoch that all records must have; undefined: any, as long as none goes back. */
  readonly epoch?: bigint | undefined;
  /** Start of the first record. */
  readonly from: number;
  /** The position that counts as the end of the file. */
  readonly end: number;
  readonly blockBytes?: number | undefined;
  /** The order of the records before `from`; with it, none of the options about order above is used. */
  readonly order?: RecordOrder | undefined;
  /** Whether the record at `from` may jump, as `RecordStream.mayJump` said there. */
  readonly mayJump?: boolean | undefined;
}

/**
 * The good records of a segment and the gaps between them, in the order of their offsets. It does
 * not judge what a gap means: that is the scanner's.
 *
 * Invariants:
 * - all before `position` has been returned, as a record or within a gap;
 * - a gap is followed by a record that starts where it ends, or by the end.
 */
export class RecordStream {
  readonly reader: RecordReader;
  readonly order: RecordOrder;
  /** Start of the next record, or of the next gap. */
  position: number;
  /** The last record's offset and size. */
  offset = 0;
  recordBytes = 0;
  /** The peculiarity of the last record; undefined for nearly all. */
  remarkable: Remarkable | undefined = undefined;
  /** The last gap. */
  gap: Gap | undefined;
  readonly #from: number;
  /** These two are made where they are first needed: a put that finds little in its log needs neither. */
  #madeLanding: Landing | undefined;
  #ordinary: OrdinaryRun | undefined;
  readonly #epoch: bigint | undefined;
  /** A landing has decided already that the record at `position` may jump. */
  #mayJump = false;

  constructor(options: RecordStreamOptions) {
    const { fileSystem, descriptor, from, end, blockBytes } = options;
    this.reader = new RecordReader(fileSystem, descriptor, from, end, blockBytes);
    this.order = new RecordOrder(options);
    if (options.order !== undefined) this.order.copyFrom(options.order);
    this.#from = from;
    this.#epoch = options.epoch;
    this.#mayJump = options.mayJump === true;
    this.position = from;
  }

  /** Passes over records for `passOrdinary`. */
  get ordinary(): OrdinaryRun {
    return (this.#ordinary ??= new OrdinaryRun(this.reader, this.order));
  }

  get #landing(): Landing {
    return (this.#madeLanding ??= new Landing(this.reader, this.order, this.#from));
  }

  /** Whether it was decided already that the record at `position` may jump: for a stream that begins there. */
  get mayJump(): boolean {
    return this.#mayJump;
  }

  /** Moves on by one record or gap. After `record`, `reader.view` is its entry. */
  next(): StreamEvent {
    const { reader, order, position } = this;
    const state = reader.check(position, true);
    if (state === 'good') {
      const standing = order.judge(reader.view, position, reader.headerCrc);
      if (standing === 'follows' && !this.#mayJump) {
        this.remarkable = undefined;
        this.#accept();
        return 'record';
      }
      return this.#takeOrPass(standing);
    }
    if (state === 'end') return 'end';
    return this.#pass(causeOfState(state, reader, position), position + 1, state === 'undecodable');
  }

  /**
   * Passes over good records about which there is nothing to say, as far as that is quick; `reader.view` is of none of them.
   * @param changes is told of each of them
   * @returns how many
   */
  passOrdinary(changes?: PassedChanges): number {
    const { ahead, window } = this.reader;
    if (this.#mayJump || this.position !== this.order.end) return 0;
    if (!ahead.holds(this.position, window.generation)) return 0;
    const passed = this.ordinary.pass(changes);
    if (passed === 0) return 0;
    const { offset, end } = this.ordinary;
    this.remarkable = undefined;
    this.offset = offset;
    this.recordBytes = end - offset;
    this.position = end;
    this.reader.reach(end);
    return passed;
  }

  /** Starts anew from where another stream of the same file stands. */
  copyFrom(other: RecordStream): void {
    this.order.copyFrom(other.order);
    this.position = other.position;
    this.#mayJump = other.#mayJump;
  }

  /** Goes back to the end of the last good record, and looks at the file as it is now, up to `end`. */
  rewind(position: number, end: number): void {
    this.position = position;
    this.#mayJump = false;
    this.reader.refresh(end);
  }

  #takeOrPass(standing: Standing): StreamEvent {
    if (standing === 'jump' && !this.#mayJump) {
      const landed = this.#landing.find(this.position, this.position);
      if (landed !== this.position) {
        this.reader.check(this.position);
        return this.#passTo(landed, this.#causeOf('jump'), true);
      }
      // The lookahead has moved the reader on.
      this.reader.check(this.position);
    }
    if (standing === 'follows' || standing === 'restart' || standing === 'jump') {
      const isDue = standing === 'follows' || !this.order.knowsSequence;
      this.remarkable = isDue ? undefined : new Remarkable(standing, this.order, this.reader.view);
      this.#accept();
      return 'record';
    }
    return this.#pass(this.#causeOf(standing), this.position + this.reader.recordBytes, true);
  }

  #accept(): void {
    const { reader, position } = this;
    const bytes = reader.recordBytes;
    this.order.accept(reader.view, position, bytes, reader.headerCrc);
    this.offset = position;
    this.recordBytes = bytes;
    this.position = position + bytes;
    this.#mayJump = false;
    reader.reach(this.position);
  }

  #pass(cause: GapCause, from: number, isWhole: boolean): StreamEvent {
    const badAt = this.position;
    return this.#passTo(this.#landing.find(badAt, from), cause, isWhole);
  }

  #passTo(landed: number, cause: GapCause, isWhole: boolean): StreamEvent {
    const { reader, order, position } = this;
    const end = landed < 0 ? reader.window.end : landed;
    this.gap = {
      offset: position,
      end,
      cause: landed < 0 ? cause : (this.#causeIfLength(position, landed, cause) ?? cause),
      isWhole,
      lastGood: order.lastOffset,
      nextGood: landed,
    };
    this.position = end;
    this.#mayJump = landed >= 0 && this.#landing.jumps;
    reader.reach(end);
    return 'gap';
  }

  /**
   * The cause of a gap in which only a length was wrong: the data between the header and the next record has
   * the right checksum.
   */
  #causeIfLength(position: number, landed: number, cause: GapCause): GapCause | undefined {
    const { window, checksums } = this.reader;
    const length = landed - position - RECORD_HEADER_BYTES;
    if (cause.class !== 'bad-length' && cause.class !== 'checksum-mismatch') return undefined;
    if (!isPlausibleLength(length)) return undefined;
    const at = window.load(position, RECORD_HEADER_BYTES);
    if (at < 0) return undefined;
    const headerCrc = readU32(window.bytes, at + HEADER.crc);
    const found = readU32(window.bytes, at + HEADER.length);
    const data = position + RECORD_HEADER_BYTES;
    if (found === length) return undefined;
    const crc = window.holds(data, length)
      ? crc32c(window.bytes, window.indexOf(data), window.indexOf(data) + length)
      : checksums.crcOf(data, length);
    if (crc !== headerCrc) return undefined;
    return causeOfLength(length, found);
  }

  #causeOf(standing: Standing): GapCause {
    return causeOfStanding(standing, this.reader, this.order, this.#epoch);
  }
}
