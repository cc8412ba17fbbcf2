import type { Finding } from '../../finding.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import type { LockHolder } from '../../storage-io/lock/lock-holder.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { endOfZeros } from '../../storage-io/paged/zero-runs.js';
import { wasThereAtClose } from './closed-segment.js';
import { upTo } from './end-sequence.js';
import type { Gap } from './gap.js';
import { hasStrangeBarrier, remarksOn } from './record-remarks.js';
import type { RecordOrder } from '../format/record-order.js';
import { RecordStream, type RecordStreamOptions } from './record-stream.js';
import { damageError, damageFinding, missingEnd, tailFinding } from './scan-findings.js';
import type { Locked, WalScanOptions, WalScanPart } from './scan-options.js';
import { isUnreadable, refuseCut, tornEnd } from './torn-end.js';
import { TailJudge } from './tail-judge.js';

export type { WalScanOptions, WalScanPart } from './scan-options.js';

/** The result of `WalScanner.next`. */
export type ScanEvent = 'record' | 'finding' | 'end';

/** How a segment ends: after a whole record, or with bytes that were never acknowledged. */
export type TailState = 'clean' | 'torn-tail' | 'zero-tail' | 'in-flight';

/**
 * The one scanner of segments: good records and findings, in the order of their offsets. Recovery,
 * verify, wal-replay, repair and import stand on it. Memory is constant (a record longer than a
 * block is held whole once it has proved good), and time linear, whatever the bytes are.
 *
 * Invariants:
 * - a record is returned only if its checksum is right, it decodes, and its core, epoch and sequence
 *   belong where it stands; nothing is returned twice;
 * - each byte from `from` on lies in a record, in a finding with an extent, or before the end;
 * - after a finding that says `torn` or `in-flight` comes the end, unless torn tails are shown.
 */
export class WalScanner {
  readonly path: string;
  /** The last record's entry, valid until the next call of `next`. */
  readonly view: WalEntryView;
  /** The last record's offset and size. */
  offset = 0;
  recordBytes = 0;
  /** The last finding. */
  finding: Finding | undefined;
  /** Good records so far. */
  records = 0;
  /** True once a finding was damage. */
  isDamaged = false;
  /** How the segment ends; meaningful once `next` returned `end`. */
  tail: TailState = 'clean';
  /** End of the last good record: everything before it is good if `isDamaged` is false. */
  goodEnd: number;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #stream: RecordStream;
  readonly #options: WalScanOptions;
  readonly #streamOptions: RecordStreamOptions;
  #judge: TailJudge;
  /** Everything before this position was told, as records or as damage. */
  #toldEnd: number;
  #isLocked: Locked | (() => Locked);
  /** The possible writer of the end, on another host. */
  #elsewhere: LockHolder | undefined;
  /** End of the last gap that was damage. */
  #lastGapEnd = -1;
  readonly #pending: Finding[] = [];
  #recordWaits = false;
  #isOver = false;
  /** Whether there is a descriptor of our own to close. */
  #isOpen: boolean;

  private constructor(
    path: string,
    descriptor: FileDescriptor,
    fileSystem: FileSystem,
    options: WalScanOptions,
    part?: WalScanPart,
  ) {
    const size = fileSystem.statusOf(descriptor).size;
    this.#options = options;
    this.#streamOptions = {
      fileSystem,
      descriptor,
      coreId: options.coreId,
      expectedSequence: options.expectedSequence,
      epoch: options.epoch,
      from: options.from ?? 0,
      end: Math.min(options.to ?? size, size),
      blockBytes: options.blockBytes,
      order: part?.order,
    };
    this.path = path;
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#stream = new RecordStream(this.#streamOptions);
    const isDurable = part?.isFollowed === true || options.isClosed === true;
    this.#judge = new TailJudge(this.#streamOptions, isDurable ? Infinity : -1);
    this.#isOpen = part === undefined;
    this.#isLocked = options.isLocked ?? false;
    this.view = this.#stream.reader.view;
    this.goodEnd = this.#streamOptions.from;
    this.#toldEnd = this.goodEnd;
  }

  /**
   * Opens a segment for reading.
   * @throws StatelogError what `FileSystem.openRead` throws
   */
  static open(path: string, options: WalScanOptions = {}): WalScanner {
    const fileSystem = options.fileSystem ?? realFileSystem();
    const descriptor = fileSystem.openRead(path);
    try {
      return new WalScanner(path, descriptor, fileSystem, options);
    } catch (error) {
      fileSystem.close(descriptor);
      throw error;
    }
  }

  /** Reads a part of a segment again. `from` and `to` are where records start. */
  static openPart(path: string, part: WalScanPart, options: WalScanOptions = {}): WalScanner {
    return new WalScanner(path, part.descriptor, options.fileSystem ?? realFileSystem(), options, part);
  }

  /** The end of the file when it was opened or last looked at. */
  get end(): number {
    return this.#stream.reader.window.end;
  }

  /** The core whose segment this is; undefined while that is not known. */
  get coreId(): number | undefined {
    const { coreId } = this.#stream.order;
    return coreId < 0 ? undefined : coreId;
  }

  /** The position up to which everything was told, as records or as damage. */
  get toldEnd(): number {
    return this.#toldEnd;
  }

  /** The order of the records so far: for `openPart`, to go on in a copy of the segment. */
  get order(): RecordOrder {
    return this.#stream.order.clone();
  }

  /** The sequence that comes next; undefined while any may come. */
  get nextSequence(): bigint | undefined {
    return upTo(this.#options.endSequence, this.#stream.order.nextSequence);
  }

  /** Whether any record says its lag: the segment is then ours. */
  get hasLags(): boolean {
    return this.#stream.order.hasLags;
  }

  /** The last good record's epoch and timestamp; undefined before the first. */
  get lastEpoch(): bigint | undefined {
    return this.records === 0 ? undefined : this.#stream.order.lastEpoch;
  }

  get lastTimestampNs(): bigint | undefined {
    return this.records === 0 ? undefined : this.#stream.order.lastTimestampNs;
  }

  /**
   * Moves on. After `record`, `view`, `offset` and `recordBytes` tell of it; after `finding`, `finding`
   * does. A finding about a record comes before it.
   * @throws StatelogError `IO_FAILED` where the file cannot be read
   */
  next(): ScanEvent {
    if (this.#pending.length > 0) return this.#tellPending();
    if (this.#recordWaits) {
      this.#recordWaits = false;
      return this.#tellRecord();
    }
    if (this.#isOver) return 'end';
    const event = this.#stream.next();
    refuseCut(this.path, this.#stream, this.#options);
    if (event === 'end') return this.#tellMissingEnd();
    if (event === 'gap') return this.#tellGap(this.#stream.gap!);
    const { endSequence } = this.#options;
    this.#isOver = endSequence !== undefined && this.view.sequence >= endSequence;
    if (this.#isOver) return 'end';
    if (this.#stream.remarkable === undefined && !hasStrangeBarrier(this.view)) return this.#tellRecord();
    this.#pending.push(...remarksOn(this.path, this.#stream));
    this.#recordWaits = true;
    return this.#tellPending();
  }

  /**
   * For a segment that grows while it is read, once `next` came to the end: looks at the file as it is
   * now, and goes on behind what it has told of. An unfinished last record is told of again.
   * @returns false if bytes that were read are no longer there: the segment must be opened anew
   */
  lookAgain(isLocked = this.#isLocked): boolean {
    const { size } = this.#fileSystem.statusOf(this.#descriptor);
    if (size < this.#toldEnd) return false;
    this.#isLocked = isLocked;
    this.#isOver = false;
    this.tail = 'clean';
    this.#stream.rewind(this.#toldEnd, Math.min(this.#options.to ?? size, size));
    this.#judge = new TailJudge({ ...this.#streamOptions, end: this.end });
    return true;
  }

  /** @throws StatelogError `DAMAGED` where the last finding was damage */
  throwIfDamage(): void {
    if (this.finding?.severity !== 'damage') return;
    throw damageError(this.finding, `the ${this.records} good records before it; nothing was changed`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#fileSystem.close(this.#descriptor);
  }

  #tellRecord(): ScanEvent {
    this.offset = this.#stream.offset;
    this.recordBytes = this.#stream.recordBytes;
    this.goodEnd = this.#stream.position;
    this.#toldEnd = this.goodEnd;
    this.records += 1;
    return 'record';
  }

  #tellPending(): ScanEvent {
    const finding = this.#pending.shift()!;
    if (finding.severity === 'damage') this.isDamaged = true;
    this.finding = finding;
    return 'finding';
  }

  #tellGap(gap: Gap): ScanEvent {
    const isDamage = this.#judge.isDamage(gap, this.#stream) || this.#isWithoutRecords(gap);
    if (isDamage || this.#wasOnDisk(gap) || this.#wasThereAtClose(gap.offset)) {
      this.#lastGapEnd = gap.end;
      this.finding = damageFinding(this.path, gap, this.#stream.order.coreId);
      this.isDamaged = true;
      this.#toldEnd = gap.end;
      return 'finding';
    }
    this.tail = this.#tailOf(gap);
    this.#isOver = this.#options.tornTail !== 'show' || gap.nextGood < 0;
    const end = this.#isOver ? this.end : gap.end;
    const bounds = { ...this.#streamOptions, end: this.end };
    const torn = this.tail === 'torn-tail' ? tornEnd(bounds, this.#stream, gap, this.#isOver) : undefined;
    const tail = { class: this.tail, end, elsewhere: this.#elsewhere, ...torn };
    this.finding = tailFinding(this.path, gap, tail, this.#stream.order.coreId);
    return 'finding';
  }

  /** True of a whole segment by itself in which no record is left, and that nobody is writing. */
  #isWithoutRecords(gap: Gap): boolean {
    if (this.#options.isLoose !== true || this.records > 0 || this.#streamOptions.from > 0) return false;
    return gap.nextGood < 0 && !this.#isBeingWritten();
  }

  #wasOnDisk(gap: Gap): boolean {
    if (isUnreadable(this.#fileSystem, this.path, gap)) return true;
    const isSegmentWithoutRecords = this.records === 0 && this.#streamOptions.from === 0;
    if (gap.nextGood < 0 && !isSegmentWithoutRecords) return false;
    return this.#options.wasClosed?.() === true;
  }

  #wasThereAtClose(offset: number): boolean {
    const { closedAt } = this.#options;
    if (closedAt === undefined) return false;
    return wasThereAtClose(offset, closedAt, this.#fileSystem.statusOf(this.#descriptor));
  }

  /** Tells, at the end of a segment, of records that were behind it when it was last closed. */
  #tellMissingEnd(): ScanEvent {
    this.#isOver = true;
    const { closedAt, to = Infinity } = this.#options;
    if (closedAt === undefined || this.end >= closedAt.end || to < this.end) return 'end';
    const due = this.nextSequence ?? this.#options.expectedSequence ?? 0n;
    // Bad bytes at the end were one of them, and have been told of.
    const toldOf = this.#lastGapEnd === this.end && this.end > 0 ? 1n : 0n;
    if (closedAt.nextSequence - due <= toldOf) return 'end';
    this.finding = missingEnd(this.path, this.end, closedAt, due, this.#stream.order.coreId);
    this.isDamaged = true;
    return 'finding';
  }

  #tailOf(gap: Gap): Exclude<TailState, 'clean'> {
    if (this.#isBeingWritten()) return 'in-flight';
    const tail = { descriptor: this.#descriptor, offset: gap.offset, end: this.end };
    return endOfZeros(this.#fileSystem, tail) === this.end ? 'zero-tail' : 'torn-tail';
  }

  /** True while a writer is at work on the end; one that has released the lock meanwhile has written more behind it. */
  #isBeingWritten(): boolean {
    const isLocked = typeof this.#isLocked === 'function' ? this.#isLocked() : this.#isLocked;
    this.#elsewhere = typeof isLocked === 'object' ? isLocked : undefined;
    if (isLocked !== false || this.#options.to !== undefined) return isLocked !== false;
    return this.#fileSystem.statusOf(this.#descriptor).size > this.end;
  }
}
