import { crc32c } from '../../bytes/crc/checksum.js';
import { readU32 } from '../../bytes/halves.js';
import { ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';
import { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { SumsAhead } from '../sums/batch-sum.js';
import { BATCH_LENGTH_MAX } from '../sums/batch-sum-layout.js';
import { BlockWindow } from './block-window.js';
import { ClaimChecksum, FREE_BYTES_MAX } from './claim-budget.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES } from '../format/record.js';
import { ANY_LENGTH, entryLengthOfRoot, USUAL_COMMIT_BYTES_MAX } from '../format/root-shape.js';

/** Most records fit, and little is read that is not needed. */
const ELSEWHERE_BLOCK_BYTES = 4096;

/** The bytes at a position: a good record, or the evidence against one. */
export type RecordState =
  'good' | 'end' | 'short-header' | 'bad-length' | 'past-end' | 'bad-checksum' | 'undecodable';

/**
 * Reads and checks one record at any position of a segment, with no thought of what came before.
 * A record longer than the window is checksummed piece by piece, and read whole only when good.
 */
export class RecordReader {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #from: number;
  /** How far the scanner has come. */
  #farthest: number;
  #checksums: ClaimChecksum | undefined;
  readonly #root = new Uint8Array(ROOT_BYTES);
  readonly #header = new Uint8Array(RECORD_HEADER_BYTES);
  /** Reads what lies far from the window, and what it said of the last place. */
  #elsewhere: RecordReader | undefined;
  #elsewherePosition = -1;
  #elsewhereView: WalEntryView | undefined;
  #large = new Uint8Array();
  /** Start of the record that `view` is of, and the window when it was read; -1 where it is of none. */
  #goodAt = -1;
  #goodGeneration = -1;
  readonly window: BlockWindow;
  /** The entry of the last record found good, until the next call of `check`. */
  readonly view = new WalEntryView();
  /** The last record's header, as far as there was one. */
  length = 0;
  headerCrc = 0;
  /** The crc32c of its data, where that was computed. */
  dataCrc = 0;
  /** Sums of the records that come next, where `check` computed some. */
  readonly ahead = new SumsAhead();
  /** Why it does not decode, where its checksum was right. */
  reason = '';

  constructor(
    fileSystem: FileSystem,
    descriptor: FileDescriptor,
    from: number,
    end: number,
    blockBytes?: number,
  ) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#from = from;
    this.#farthest = from;
    this.window = new BlockWindow(fileSystem, descriptor, end, blockBytes);
  }

  /** The last record's size, header included. */
  get recordBytes(): number {
    return RECORD_HEADER_BYTES + this.length;
  }

  /** Looks at the file as it is now, up to `end`: it may have grown, and its last bytes may have changed. */
  refresh(end: number): void {
    this.window.forget();
    this.window.end = end;
    this.#elsewhere = undefined;
    this.#elsewherePosition = -1;
    this.#farthest = this.#from;
    this.#checksums = undefined;
  }

  /** Says how far the scanner has come: what may be spent on claims grows with it. */
  reach(position: number): void {
    if (position > this.#farthest) this.#farthest = position;
  }

  /** The account of claims, made when the first one is looked at. */
  get checksums(): ClaimChecksum {
    return (this.#checksums ??= new ClaimChecksum(
      this.#fileSystem,
      this.#descriptor,
      () => this.#farthest - this.#from,
    ));
  }

  /**
   * Reads and checks what stands at `position`. Only `good` leaves a view.
   * @param isInTurn whether it is likely that the records behind it are asked for next
   */
  check(position: number, isInTurn = false): RecordState {
    const { window } = this;
    // Behind damage a record is found, judged and taken: its sum is computed once.
    if (position === this.#goodAt && window.generation === this.#goodGeneration) return 'good';
    this.#goodAt = -1;
    const state = this.#check(position, isInTurn);
    if (state !== 'good') return state;
    this.#goodAt = position;
    this.#goodGeneration = window.generation;
    return state;
  }

  #check(position: number, isInTurn: boolean): RecordState {
    const { window } = this;
    if (isInTurn && this.ahead.has(position, window.generation)) return this.#checkSummed(position);
    const remaining = window.end - position;
    if (remaining <= 0) return 'end';
    if (remaining < RECORD_HEADER_BYTES) return 'short-header';
    const at = window.load(position, RECORD_HEADER_BYTES);
    if (at < 0) return 'short-header';
    this.length = readU32(window.bytes, at + HEADER.length);
    this.headerCrc = readU32(window.bytes, at + HEADER.crc);
    if (!isPlausibleLength(this.length)) return 'bad-length';
    if (this.length > remaining - RECORD_HEADER_BYTES) return 'past-end';
    return this.#checkData(position, isInTurn);
  }

  /**
   * The good record at a place that may be far from the window, which stays where it is; undefined where there is none, or
   * where to look costs too much for the progress made. The view is valid until the next call.
   */
  goodElsewhere(position: number): WalEntryView | undefined {
    if (position === this.#elsewherePosition) return this.#elsewhereView;
    const reader = (this.#elsewhere ??= this.#readerElsewhere());
    reader.window.end = this.window.end;
    this.#elsewherePosition = position;
    this.#elsewhereView = undefined;
    if (this.checksums.isExhausted && !reader.#isFreeAt(position)) return undefined;
    if (reader.check(position) === 'good') {
      this.#elsewhereView = reader.view;
      // Another one may be asked for next, and then this one again.
      this.checksums.countWaste(reader.length);
    }
    return this.#elsewhereView;
  }

  #readerElsewhere(): RecordReader {
    const reader = new RecordReader(
      this.#fileSystem,
      this.#descriptor,
      this.#from,
      this.window.end,
      ELSEWHERE_BLOCK_BYTES,
    );
    reader.#checksums = this.checksums;
    return reader;
  }

  #isFreeAt(position: number): boolean {
    if (!this.window.peek(position, RECORD_HEADER_BYTES, this.#header)) return false;
    return readU32(this.#header, HEADER.length) <= FREE_BYTES_MAX;
  }

  /** For a record whose sum is there: it is whole, short, and in memory with a plausible length. */
  #checkSummed(position: number): RecordState {
    const { window } = this;
    const at = window.indexOf(position);
    this.length = readU32(window.bytes, at + HEADER.length);
    this.headerCrc = readU32(window.bytes, at + HEADER.crc);
    this.dataCrc = this.ahead.take(this.recordBytes);
    return this.#checkEntry(window.bytes, at + RECORD_HEADER_BYTES);
  }

  #checkData(position: number, isInTurn: boolean): RecordState {
    const { window, length } = this;
    const dataPosition = position + RECORD_HEADER_BYTES;
    if (length > FREE_BYTES_MAX && this.checksums.isExhausted) {
      this.dataCrc = this.checksums.indexAt(position, window.end).crcOf(dataPosition, length);
      if (this.dataCrc !== this.headerCrc) return 'bad-checksum';
      if (!this.#decodesForSure(dataPosition)) {
        this.reason = 'its root is none that a writer makes';
        return 'undecodable';
      }
    }
    if (this.recordBytes > window.capacity) return this.#checkLarge(dataPosition);
    const at = window.load(position, this.recordBytes) + RECORD_HEADER_BYTES;
    if (at < RECORD_HEADER_BYTES) return 'past-end';
    if (!isInTurn || length > BATCH_LENGTH_MAX) return this.#checkBytes(window.bytes, at);
    this.dataCrc = this.#sumInTurn(position, at);
    return this.#checkEntry(window.bytes, at);
  }

  /** The sum of a record in memory, computed together with those behind it. */
  #sumInTurn(position: number, data: number): number {
    const { window } = this;
    const { generation, bytes } = window;
    const filled = window.indexOf(position) + window.availableFrom(position);
    const ahead = this.ahead;
    if (ahead.fill(bytes, data - RECORD_HEADER_BYTES, filled, position, generation)) {
      return ahead.take(this.recordBytes);
    }
    return crc32c(bytes, data, data + this.length);
  }

  /**
   * In a file made to be slow, records with the right checksum that still do not decode are a trap of
   * their own: only what cannot fail is then read whole.
   */
  #decodesForSure(dataPosition: number): boolean {
    const { length } = this;
    const root = this.#root;
    if (!this.window.peek(dataPosition + length - ROOT_BYTES, ROOT_BYTES, root)) return false;
    const entryLength = entryLengthOfRoot(root, 0);
    return entryLength === length || (entryLength === ANY_LENGTH && length <= USUAL_COMMIT_BYTES_MAX);
  }

  #checkLarge(dataPosition: number): RecordState {
    const { length } = this;
    this.dataCrc = this.checksums.crcOf(dataPosition, length);
    if (this.dataCrc !== this.headerCrc) return this.#refuse('bad-checksum');
    if (this.#large.length < length) this.#large = new Uint8Array(length);
    const count = this.#fileSystem.read(this.#descriptor, this.#large, 0, length, dataPosition);
    if (count < length) return 'past-end';
    return this.#checkBytes(this.#large, 0);
  }

  #checkBytes(bytes: Uint8Array, at: number): RecordState {
    this.dataCrc = crc32c(bytes, at, at + this.length);
    return this.#checkEntry(bytes, at);
  }

  #checkEntry(bytes: Uint8Array, at: number): RecordState {
    const end = at + this.length;
    if (this.dataCrc !== this.headerCrc) return this.#refuse('bad-checksum');
    const reason = this.view.decode(bytes, at, end);
    if (reason === undefined) return 'good';
    this.reason = reason;
    return this.#refuse('undecodable');
  }

  #refuse(state: RecordState): RecordState {
    this.checksums.countWaste(this.length);
    return state;
  }
}
