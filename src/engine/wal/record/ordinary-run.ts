import { assert } from '../../assert.js';
import { ROOT, ROOT_BYTES, TAG_DELETE, TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import { KeptOrder } from '../format/merge-order.js';
import type { RecordOrder } from '../format/record-order.js';
import { HEADER, RECORD_HEADER_BYTES } from '../format/record.js';
import {
  CORE_WORD,
  EPOCH_WORD,
  KEY_WORD,
  SEQUENCE_WORD,
  TAG_WORD,
  TIMESTAMP_WORD,
  VALUE_WORD,
  WORD_BYTES,
} from '../format/root-words.js';
import type { RecordReader } from './record-reader.js';

const LENGTH = HEADER.length / WORD_BYTES;
const CRC = HEADER.crc / WORD_BYTES;
const CORE_BITS = 0xffff;

/** Takes the changes of records that are passed; keys and values lie in the buffers during the call only. */
export interface PassedChanges {
  putFrom(
    keyBytes: Uint8Array,
    keyStart: number,
    keyLength: number,
    valueBytes: Uint8Array,
    valueStart: number,
    valueLength: number,
  ): unknown;
  deleteFrom(keyBytes: Uint8Array, keyStart: number, keyLength: number): unknown;
}

/**
 * Passes over records that are as nearly all are: puts and deletes of which the checksum holds, each right behind the last one and next in
 * the numbering, of the same core and epoch, and not of an earlier time. It asks of each what `RecordReader.check` and
 * `RecordOrder.judge` ask, in one loop over words, and makes no view of any; whatever is not so is left to them.
 */
export class OrdinaryRun {
  /** Start and end of the last record that was passed. */
  offset = 0;
  end = 0;
  readonly #reader: RecordReader;
  readonly #order: RecordOrder;
  /** The fields of the last record that was passed. */
  readonly fields = new KeptOrder();
  /** The window's bytes as words. */
  #words = new Int32Array();
  #wordsOf: ArrayBuffer | undefined;

  constructor(reader: RecordReader, order: RecordOrder) {
    this.#reader = reader;
    this.#order = order;
  }

  /**
   * Passes over records from the end of the last good one on, as far as their checksums were computed ahead, and takes them into the
   * order.
   * @param changes is told of each of them
   * @returns how many
   */
  pass(changes?: PassedChanges): number {
    const { window, ahead } = this.#reader;
    const order = this.#order;
    const position = order.end;
    if (order.lastOffset < 0 || !ahead.holds(position, window.generation)) return 0;
    const from = window.indexOf(position);
    if (from % WORD_BYTES !== 0) return 0;
    const to = this.#passFrom(this.#wordsIn(window.bytes), from);
    if (to === from) return 0;
    const passed = ahead.skip(to - from, this.#count);
    this.end = position + to - from;
    this.offset = window.start + this.#lastAt;
    const crc = this.#words[this.#lastAt / WORD_BYTES + CRC]! >>> 0;
    this.fields.read(window.bytes, to - ROOT_BYTES);
    order.accept(this.fields, this.offset, this.end - this.offset, crc);
    if (changes !== undefined) this.#tell(changes, window.bytes, from, to);
    return passed;
  }

  /** Tells of the records in a range of the window that were passed. */
  #tell(changes: PassedChanges, bytes: Uint8Array, from: number, to: number): void {
    const words = this.#words;
    for (let at = from; at < to;) {
      const end = at + RECORD_HEADER_BYTES + words[at / WORD_BYTES + LENGTH]!;
      const root = end - ROOT_BYTES;
      const word = root / WORD_BYTES;
      const key = root + ROOT.key + words[word + KEY_WORD]!;
      const keyLength = words[word + KEY_WORD + 1]! >>> 0;
      if (words[word + TAG_WORD] === TAG_PUT) {
        const value = root + ROOT.value + words[word + VALUE_WORD]!;
        changes.putFrom(bytes, key, keyLength, bytes, value, words[word + VALUE_WORD + 1]! >>> 0);
      } else {
        changes.deleteFrom(bytes, key, keyLength);
      }
      at = end;
    }
  }

  #count = 0;
  /** Index in the window of the last record that was passed. */
  #lastAt = 0;

  /** @returns where the records end that may be passed, in bytes of the window */
  #passFrom(words: Int32Array, from: number): number {
    const { ahead } = this.#reader;
    const { sums, next, count } = ahead;
    const order = this.#order;
    const epochLow = order.lastEpochLow | 0;
    const epochHigh = order.lastEpochHigh | 0;
    let sequenceLow = order.nextSequenceLow | 0;
    let sequenceHigh = order.nextSequenceHigh | 0;
    let timeLow = order.lastTimestampLow;
    let timeHigh = order.lastTimestampHigh | 0;
    let mark = -1;
    let at = from;
    let index = next;
    for (; index < count; index++) {
      const word = at / WORD_BYTES;
      const end = at + RECORD_HEADER_BYTES + words[word + LENGTH]!;
      const root = (end - ROOT_BYTES) / WORD_BYTES;
      const core = words[root + CORE_WORD]!;
      if (index === next) mark = core;
      const low = words[root + TIMESTAMP_WORD]! >>> 0;
      const high = words[root + TIMESTAMP_WORD + 1]!;
      if (
        words[word + CRC] !== (sums[index]! | 0) ||
        words[root + SEQUENCE_WORD] !== sequenceLow ||
        words[root + SEQUENCE_WORD + 1] !== sequenceHigh ||
        words[root + EPOCH_WORD] !== epochLow ||
        words[root + EPOCH_WORD + 1] !== epochHigh ||
        core !== mark ||
        high < timeHigh ||
        (high === timeHigh && low < timeLow) ||
        !isWhole(words, root, at + RECORD_HEADER_BYTES - (end - ROOT_BYTES))
      )
        break;
      timeLow = low;
      timeHigh = high;
      sequenceLow = (sequenceLow + 1) | 0;
      if (sequenceLow === 0) sequenceHigh = (sequenceHigh + 1) | 0;
      this.#lastAt = at;
      at = end;
    }
    this.#count = index - next;
    return (mark & CORE_BITS) === order.coreId ? at : from;
  }

  #wordsIn({ buffer, byteOffset }: Uint8Array<ArrayBuffer>): Int32Array {
    assert(byteOffset === 0, 'a window has a buffer of its own');
    if (this.#wordsOf !== buffer) {
      this.#words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / WORD_BYTES));
      this.#wordsOf = buffer;
    }
    return this.#words;
  }
}

/**
 * True for the root of a put or delete whose key and value lie in its entry, the one behind the other.
 * @param start where the entry starts, from the root on, in bytes
 */
function isWhole(words: Int32Array, root: number, start: number): boolean {
  const tag = words[root + TAG_WORD]!;
  if (tag !== TAG_PUT && tag !== TAG_DELETE) return false;
  const key = ROOT.key + words[root + KEY_WORD]!;
  const keyEnd = key + (words[root + KEY_WORD + 1]! >>> 0);
  if (key < start || keyEnd > 0) return false;
  if (tag === TAG_DELETE) return true;
  const value = ROOT.value + words[root + VALUE_WORD]!;
  return value >= keyEnd && value + (words[root + VALUE_WORD + 1]! >>> 0) <= 0;
}
