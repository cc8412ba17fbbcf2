import { assert } from '../../assert.js';
import { joinI64, joinU64, readI64, readU64 } from '../../bytes/halves.js';
import { checkCommitMap, readCommitMap } from '../commit-map/commit-map-reader.js';
import {
  LAG_PRESENT,
  ROOT,
  ROOT_ALIGNMENT,
  ROOT_BYTES,
  TAG_CHECKPOINT,
  TAG_COMMIT,
  TAG_DELETE,
  TAG_EPOCH_BARRIER,
  TAG_PUT,
  type WalEntry,
  type WalOperation,
  type WalTag,
} from './wal-entry-format.js';

const NO_BYTES = new Uint8Array();

const WORD_BYTES = 4;
const EPOCH = ROOT.epoch / WORD_BYTES;
const SEQUENCE = ROOT.sequence / WORD_BYTES;
const CORE = ROOT.coreId / WORD_BYTES;
const LAG = ROOT.lag / WORD_BYTES;
const TIMESTAMP = ROOT.timestampNs / WORD_BYTES;
/** Why an entry does not decode that another release wrote: all else of it may be right. */
export const UNKNOWN_OPERATION = 'an unknown operation';
const TAG = ROOT.tag / WORD_BYTES;
const KEY = ROOT.key / WORD_BYTES;
const VALUE = ROOT.value / WORD_BYTES;

assert(ROOT.lagMark === ROOT.coreId + 2, 'core and lag mark share a word');
assert(new Uint8Array(Uint32Array.of(1).buffer)[0] === 1, 'words are little-endian, as the format is');

/**
 * An entry as it lies in a buffer, decoded into fields of numbers. One view decodes record after
 * record; a Put or Delete allocates nothing. Everything is checked in `decode`: after it found an
 * entry good, no other member can fail.
 *
 * Invariants, once `decode` has returned undefined and until it is called again:
 * - key and value lie within the entry, before its root, apart from each other;
 * - a Commit's map has been checked in full;
 * - `bytes` are unchanged: the view reads them again in `operation`.
 */
export class WalEntryView {
  /** The buffer of `#wordsOf` as words, whole. */
  #words: Int32Array = new Int32Array();
  #wordsOf: Uint8Array = NO_BYTES;
  /** For roots that do not lie at a word. */
  readonly #copied = new Uint8Array(ROOT_BYTES);
  readonly #copiedWords = new Int32Array(this.#copied.buffer);
  bytes: Uint8Array = NO_BYTES;
  /** Start of the root in `bytes`. */
  rootStart = 0;
  /** u64 and i64 fields as unsigned 32-bit halves. */
  epochLow = 0;
  epochHigh = 0;
  sequenceLow = 0;
  sequenceHigh = 0;
  timestampLow = 0;
  timestampHigh = 0;
  coreId = 0;
  tag: WalTag = TAG_PUT;
  /** Positions in `bytes`; lengths are 0 where the operation has no key, or no value. */
  keyStart = 0;
  keyLength = 0;
  valueStart = 0;
  valueLength = 0;
  /** The record's position minus the position known durable when it was written; -1 = not said. */
  lag = -1;

  /**
   * Decodes the entry that fills `bytes[start, end)`. Padding may hold anything.
   * @returns undefined if it is good, else the reason; the fields then mean nothing
   * @throws RangeError where the range is not within `bytes`
   */
  decode(bytes: Uint8Array, start: number, end: number): string | undefined {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new RangeError(`range ${start} to ${end} is not within ${bytes.length} bytes`);
    }
    const length = end - start;
    if (length < ROOT_BYTES) return 'shorter than an entry can be';
    if (length % ROOT_ALIGNMENT !== 0) return 'the length is not a multiple of 8';
    const root = end - ROOT_BYTES;
    this.bytes = bytes;
    this.rootStart = root;
    const at = bytes.byteOffset + root;
    if (at % WORD_BYTES !== 0) {
      this.#copied.set(bytes.subarray(root, end));
      return this.#checkRoot(this.#copiedWords, 0, start);
    }
    if (this.#wordsOf !== bytes) {
      this.#words = new Int32Array(bytes.buffer, 0, Math.floor(bytes.buffer.byteLength / WORD_BYTES));
      this.#wordsOf = bytes;
    }
    return this.#checkRoot(this.#words, at / WORD_BYTES, start);
  }

  /** Reads the root by whole words, of which `words[word]` is the first: single bytes take twice the time. */
  #checkRoot(words: Int32Array, word: number, start: number): string | undefined {
    const root = this.rootStart;
    const mark = words[word + CORE]!;
    this.epochLow = words[word + EPOCH]! >>> 0;
    this.epochHigh = words[word + EPOCH + 1]! >>> 0;
    this.sequenceLow = words[word + SEQUENCE]! >>> 0;
    this.sequenceHigh = words[word + SEQUENCE + 1]! >>> 0;
    this.coreId = mark & 0xffff;
    this.lag = mark >>> 16 === LAG_PRESENT ? words[word + LAG]! >>> 0 : -1;
    this.timestampLow = words[word + TIMESTAMP]! >>> 0;
    this.timestampHigh = words[word + TIMESTAMP + 1]! >>> 0;
    this.keyStart = root;
    this.keyLength = 0;
    this.valueStart = root;
    this.valueLength = 0;
    const tag = words[word + TAG]! & 0xff;
    // Zeros stand behind every tag.
    if (tag > TAG_EPOCH_BARRIER) return tag === words[word + TAG] ? UNKNOWN_OPERATION : 'its root is none';
    this.tag = tag as WalTag;
    if (tag !== TAG_PUT && tag !== TAG_DELETE)
      return tag === TAG_COMMIT ? this.#checkCommit(start) : undefined;
    this.keyStart = root + ROOT.key + words[word + KEY]!;
    this.keyLength = words[word + KEY + 1]! >>> 0;
    const keyEnd = this.keyStart + this.keyLength;
    if (this.keyStart < start || keyEnd > root) return 'the key lies out of bounds';
    if (tag === TAG_DELETE) return undefined;
    this.valueStart = root + ROOT.value + words[word + VALUE]!;
    this.valueLength = words[word + VALUE + 1]! >>> 0;
    if (this.valueStart < keyEnd || this.valueStart + this.valueLength > root) {
      return 'the value lies out of bounds';
    }
    return undefined;
  }

  #checkCommit(start: number): string | undefined {
    const { bytes, rootStart } = this;
    if (bytes[rootStart + ROOT.watermarkMark]! > 1) return 'the watermark is neither there nor missing';
    return checkCommitMap(bytes, start, rootStart, rootStart + ROOT.commitMap);
  }

  get epoch(): bigint {
    return joinU64(this.epochLow, this.epochHigh);
  }

  get sequence(): bigint {
    return joinU64(this.sequenceLow, this.sequenceHigh);
  }

  /** Signed. */
  get timestampNs(): bigint {
    return joinI64(this.timestampLow, this.timestampHigh);
  }

  /** A copy of the key; empty where the operation has none. */
  keyCopy(): Uint8Array {
    return this.#copy(this.keyStart, this.keyLength);
  }

  /** A copy of the value; empty where the operation has none. */
  valueCopy(): Uint8Array {
    return this.#copy(this.valueStart, this.valueLength);
  }

  #copy(start: number, length: number): Uint8Array {
    // `slice` of a Buffer would be a Buffer.
    return new Uint8Array(this.bytes.subarray(start, start + length));
  }

  /** The operation, with copies of its bytes; a Commit's offsets in ascending order of the names' bytes. */
  operation(): WalOperation {
    const { bytes, rootStart } = this;
    switch (this.tag) {
      case TAG_PUT:
        return { op: 'put', key: this.keyCopy(), value: this.valueCopy() };
      case TAG_DELETE:
        return { op: 'delete', key: this.keyCopy() };
      case TAG_CHECKPOINT:
        return { op: 'checkpoint', id: readU64(bytes, rootStart + ROOT.number) };
      case TAG_COMMIT: {
        const hasWatermark = bytes[rootStart + ROOT.watermarkMark] === 1;
        return {
          op: 'commit',
          offsets: readCommitMap(bytes, rootStart + ROOT.commitMap),
          watermark: hasWatermark ? readI64(bytes, rootStart + ROOT.watermark) : undefined,
        };
      }
      case TAG_EPOCH_BARRIER:
        return { op: 'epochBarrier', barrierEpoch: readU64(bytes, rootStart + ROOT.number) };
    }
  }

  /** The whole entry, copied out of the buffer. */
  toEntry(): WalEntry {
    return {
      epoch: this.epoch,
      sequence: this.sequence,
      coreId: this.coreId,
      timestampNs: this.timestampNs,
      operation: this.operation(),
      lag: this.lag < 0 ? undefined : this.lag,
    };
  }
}
