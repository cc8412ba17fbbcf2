import { LastSum, PrefixSums } from '../../bytes/crc/prefix-sums.js';
import { ROOT, ROOT_BYTES, TAG_DELETE, TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { NearBytes } from './near-bytes.js';
import { RECORD_BYTES_MAX, RECORD_HEADER_BYTES } from '../format/record.js';
import { ANY_LENGTH, entryLengthOfRoot, NO_ROOT, USUAL_COMMIT_BYTES_MAX } from '../format/root-shape.js';

const CHUNK_BYTES = 1024 * 1024;
/** Prefix checksums are kept this far apart: the rest of one is computed when asked for. */
const STRIDE_BYTES = 256;
/** For so many times the sums that are kept there is room, so that they seldom move. */
const ROOM_TO_MOVE = 1.25;
/** Room to move on by chunks, and to be asked for positions some chunks before the last. */
const SLACK_BYTES = 4 * CHUNK_BYTES;
/** Positions that are kept: the longest record, and some slack. */
const SPAN_BYTES_MAX = RECORD_BYTES_MAX + SLACK_BYTES;
/** Roots of Commits do not say where their record starts; more than this within a span are not all tried. */
const COMMIT_ROOTS_MAX = 65_536;

/** From a tag to the byte of the key's pointer that has its sign: it is below zero, as it points back. */
const KEY_SIGN = ROOT.key + 3 - ROOT.tag;
const SIGN_BIT = 0x80;

/**
 * For files made to be slow: it reads ahead by the length of the longest record, once, and then
 * answers at once whether some root ahead belongs to a header here, and what the crc32c of any range
 * ahead is. Whatever lengths a file claims, each of its bytes is then read a bounded number of times.
 * Takes about an eighth of the bytes ahead, 39 MiB at most; made only when the plain way has
 * checksummed too much in vain.
 *
 * Invariants:
 * - of all positions from `lowest` to `frontier`, the prefixes are known, and the records that start
 *   there and whose root ends at or before `frontier`;
 * - bits stand at their position modulo the span, and `frontier - lowest <= span`.
 */
export class HeaderIndex {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #end: number;
  readonly #span: number;
  /** A bit a position: some root ahead says that its record starts here. */
  readonly #starts: Uint8Array;
  /** The crc32c of all bytes up to each multiple of the stride. */
  readonly #prefixes: PrefixSums;
  readonly #chunk = new Uint8Array(ROOT_BYTES + CHUNK_BYTES);
  /** For the starts of claims, and for their ends. */
  readonly #near: { readonly start: NearBytes; readonly end: NearBytes };
  readonly #last = { from: new LastSum(), to: new LastSum() };
  #commitRoots = new Set<number>();
  /** The prefix asked for last: many headers may claim the same end. */
  #lastEnd = -1;
  #lastPrefix = 0;
  #lowest = 0;
  #frontier = 0;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor, position: number, end: number) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#end = end;
    this.#span = toChunks(Math.min(end - position + SLACK_BYTES, SPAN_BYTES_MAX));
    this.#starts = new Uint8Array(this.#span / 8);
    this.#prefixes = PrefixSums.castagnoli(STRIDE_BYTES, (this.#span / STRIDE_BYTES) * ROOM_TO_MOVE);
    this.#near = {
      start: new NearBytes(fileSystem, descriptor),
      end: new NearBytes(fileSystem, descriptor),
    };
    this.#restart(position);
  }

  /** True if a root ahead may belong to a record of `bytes` bytes that starts at `position`. */
  claims(position: number, bytes: number): boolean {
    this.#cover(position);
    const slot = position % this.#span;
    if ((this.#starts[slot >>> 3]! & (1 << (slot & 7))) !== 0) return true;
    const isUsual = bytes <= RECORD_HEADER_BYTES + USUAL_COMMIT_BYTES_MAX;
    return isUsual && this.#commitRoots.has(position + bytes - ROOT_BYTES);
  }

  /** The crc32c of the file's `length` bytes from `position` on, of a record that fits in the file. */
  crcOf(position: number, length: number): number {
    this.#cover(position);
    const end = position + length;
    if (end !== this.#lastEnd) {
      this.#lastPrefix = this.#prefixOf(end, this.#near.end, this.#last.to);
      this.#lastEnd = end;
    }
    return this.#prefixes.ofRange(
      this.#lastPrefix,
      this.#prefixOf(position, this.#near.start, this.#last.from),
      length,
    );
  }

  /** @param near where bytes are looked for that lie near those of the last call */
  #prefixOf(position: number, near: NearBytes, last: LastSum): number {
    const from = this.#prefixes.blockStart(position);
    // A file that was cut meanwhile: the checksum will not match.
    const at = from < position ? Math.max(near.load(from, position - from), 0) : 0;
    return this.#prefixes.upToNext(last, near.bytes, from - at, position);
  }

  #restart(position: number): void {
    this.#lowest = position - (position % CHUNK_BYTES);
    this.#frontier = this.#lowest;
    this.#lastEnd = -1;
    this.#starts.fill(0);
    this.#commitRoots.clear();
    this.#chunk.fill(0, 0, ROOT_BYTES);
    this.#prefixes.restart(this.#lowest);
  }

  /** Reads on until every record that starts at or before `position` is covered whole. */
  #cover(position: number): void {
    if (position > this.#frontier || position < this.#lowest) this.#restart(position);
    const target = Math.min(this.#end, position + RECORD_BYTES_MAX);
    while (this.#frontier < target) this.#readChunk();
  }

  #readChunk(): void {
    const start = this.#frontier;
    const wanted = Math.min(CHUNK_BYTES, this.#end - start);
    const count = this.#fileSystem.read(this.#descriptor, this.#chunk, ROOT_BYTES, wanted, start);
    // A file that was cut meanwhile reads as zeros here; the record's own check then says so.
    this.#chunk.fill(0, ROOT_BYTES + count);
    const slot = (start % this.#span) / 8;
    this.#starts.fill(0, slot, slot + CHUNK_BYTES / 8);
    this.#lowest = Math.max(this.#lowest, start + CHUNK_BYTES - this.#span);
    this.#prefixes.giveUpBefore(this.#lowest);
    this.#prefixes.extend(this.#chunk, start - ROOT_BYTES, start + wanted);
    this.#findRoots(start, wanted);
    this.#chunk.copyWithin(0, CHUNK_BYTES, CHUNK_BYTES + ROOT_BYTES);
    this.#frontier = start + wanted;
  }

  /** `chunk` starts with the last bytes of the chunk before it, for roots that lie across. */
  #findRoots(start: number, length: number): void {
    const chunk = this.#chunk;
    if (this.#commitRoots.size >= COMMIT_ROOTS_MAX) this.#forgetOldCommitRoots();
    for (let root = nextTag(chunk, 0, length); root <= length; root = nextTag(chunk, root + 1, length)) {
      const entryLength = entryLengthOfRoot(chunk, root);
      if (entryLength === NO_ROOT) continue;
      const rootPosition = start - ROOT_BYTES + root;
      if (entryLength === ANY_LENGTH) {
        if (this.#commitRoots.size < COMMIT_ROOTS_MAX) this.#commitRoots.add(rootPosition);
        continue;
      }
      const header = rootPosition + ROOT_BYTES - entryLength - RECORD_HEADER_BYTES;
      if (header < this.#lowest) continue;
      const slot = header % this.#span;
      this.#starts[slot >>> 3]! |= 1 << (slot & 7);
    }
  }

  #forgetOldCommitRoots(): void {
    this.#commitRoots = new Set([...this.#commitRoots].filter((root) => root >= this.#lowest));
  }
}

/** The first place from `from` to `to` of a root whose tag is one there may be; behind `to` if there is none. */
function nextTag(bytes: Uint8Array, from: number, to: number): number {
  const stop = to + ROOT.tag;
  let at = from + ROOT.tag;
  while (at <= stop) {
    // Zeros stand behind a tag: from the last byte of a word on, none is passed that may be one.
    if (bytes[at + 3] !== 0) at += 3;
    else if (bytes[at + 2] !== 0) at += 2;
    else if (bytes[at + 1] !== 0 || bytes[at]! > TAG_EPOCH_BARRIER) at += 1;
    // The key of a put or delete lies before it. Zeros, of which a root has many, say that of none.
    else if (bytes[at]! <= TAG_DELETE && bytes[at + KEY_SIGN]! < SIGN_BIT) at += 1;
    else break;
  }
  return at - ROOT.tag;
}

function toChunks(bytes: number): number {
  return Math.ceil(bytes / CHUNK_BYTES) * CHUNK_BYTES;
}
