import { joinI64 } from '../../bytes/halves.js';
import { foundAs, type Finding, type Found } from '../../finding.js';
import { TAG_COMMIT, TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { UnfinishedGroup } from '../groups/group-watch.js';
import type { Gap } from './gap.js';
import { hasStrangeBarrier, remarksOn } from './record-remarks.js';
import type { OrderFields, RecordOrder } from '../format/record-order.js';
import type { PassedChanges } from '../record/ordinary-run.js';
import { RecordStream, type RecordStreamOptions } from './record-stream.js';
import { DamagedGap, damageError, tailFinding } from './scan-findings.js';
import { partToRead, upTo, type Locked, type WalScanOptions, type WalScanPart } from './scan-options.js';
import { refuseCut, tornEnd, type TornEnd } from '../tail/torn-end.js';
import { SegmentJudge } from './segment-judge.js';
import type { UnwholeTail } from '../tail/tail-watch.js';

export type { WalScanOptions, WalScanPart } from './scan-options.js';

/** The result of `WalScanner.next`. */
export type ScanEvent = 'record' | 'finding' | 'end';

/** How a segment ends: after a whole record, or with bytes that were never acknowledged. */
export type TailState = 'clean' | UnwholeTail;

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
  readonly #stream: RecordStream;
  readonly #options: WalScanOptions;
  readonly #streamOptions: RecordStreamOptions;
  /** Records from here on are another part's. */
  readonly #stopAt: number;
  readonly #isDurable: boolean;
  /** Undefined while all was ordinary, as nearly everything is. */
  #madeJudge: SegmentJudge | undefined;
  /** Everything before this position was told, as records or as damage. */
  #toldEnd: number;
  readonly #pending: Found[] = [];
  #told: Finding | undefined;
  #recordWaits = false;
  #isOver = false;
  /** Timestamp of the last record before the end sequence. */
  #endNs: bigint | undefined;
  /** Whether there is a descriptor of our own to close. */
  #isOpen: boolean;
  readonly path: string;
  /** The last record's entry, valid until the next call of `next`. */
  readonly view: WalEntryView;
  /** The last record's offset and size. */
  offset = 0;
  recordBytes = 0;
  /** The kind and place of the last finding. */
  found: Found | undefined;
  /** Good records so far. */
  records = 0;
  /** True once a finding was damage. */
  isDamaged = false;
  /** How the segment ends; meaningful once `next` returned `end`. */
  tail: TailState = 'clean';
  /** End of the last good record: everything before it is good if `isDamaged` is false. */
  goodEnd: number;

  private constructor(
    path: string,
    descriptor: FileDescriptor,
    fileSystem: FileSystem,
    options: WalScanOptions,
    part?: WalScanPart,
  ) {
    const size = fileSystem.statusOf(descriptor).size;
    this.#options = options;
    this.#streamOptions = { ...partToRead(options, part, size), fileSystem, descriptor };
    this.#stopAt = options.to !== undefined && options.to < (part?.end ?? 0) ? options.to : Infinity;
    this.path = path;
    this.#stream = new RecordStream(this.#streamOptions);
    this.#isDurable = part?.isFollowed === true || options.isClosed === true;
    this.#isOpen = part === undefined;
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

  /** The last finding, in words; asked for before the next call of `next`. */
  get finding(): Finding | undefined {
    return (this.#told ??= this.found?.told());
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
    return this.records === 0 ? undefined : (this.#endNs ?? this.#stream.order.lastTimestampNs);
  }

  /**
   * Moves on. After `record`, `view`, `offset` and `recordBytes` tell of it; after `finding`, `finding`
   * does. A finding about a record comes before it.
   * @throws StatelogError `IO_FAILED` where the file cannot be read
   */
  next(): ScanEvent {
    if (this.#pending.length > 0) return this.#tell(this.#pending.shift()!);
    if (this.#recordWaits) {
      this.#recordWaits = false;
      return this.#tellRecord();
    }
    if (this.#isOver || this.#stream.position >= this.#stopAt) return 'end';
    const { endSequence } = this.#options;
    const { lastTimestampLow, lastTimestampHigh } = this.#stream.order;
    const event = this.#stream.next();
    if (this.#stream.reader.window.wasCut) refuseCut(this.path, this.#stream, this.#options);
    if (event === 'end') return this.#tellMissingEnd();
    if (event === 'gap') return this.#tellGap(this.#stream.gap!);
    this.#isOver = endSequence !== undefined && this.view.sequence >= endSequence;
    if (this.#isOver) this.#endNs = joinI64(lastTimestampLow, lastTimestampHigh);
    if (this.#isOver) return 'end';
    const { tag } = this.view;
    if (tag === TAG_COMMIT) {
      const lastGood = this.records === 0 ? -1 : this.offset;
      const unfinished = this.#judge.unfinishedAt(lastGood, this.records);
      if (unfinished !== undefined) return this.#tellGroup(unfinished);
    }
    const isStrange = tag === TAG_EPOCH_BARRIER && hasStrangeBarrier(this.view);
    if (this.#stream.remarkable === undefined && !isStrange) return this.#tellRecord();
    this.#pending.push(...remarksOn(this.path, this.#stream, this.#judge.losses.takeRemarkable()));
    this.#recordWaits = true;
    return this.#tell(this.#pending.shift()!);
  }

  /** Passes over good records about which nothing is to be said, as far as that is quick, and tells `changes` of each. @returns the last one's fields, if any was */
  passOrdinary(changes?: PassedChanges): OrderFields | undefined {
    const isBusy = this.#recordWaits || this.#isOver || this.#pending.length > 0;
    if (isBusy || this.#stopAt !== Infinity || this.#options.endSequence !== undefined) return undefined;
    const passed = this.#stream.passOrdinary(changes);
    if (passed > 0) this.#standBehind(passed);
    return passed > 0 ? this.#stream.ordinary.fields : undefined;
  }

  /**
   * For a segment that grows while it is read, once `next` came to the end: looks at the file as it is
   * now, and goes on behind what it has told of. An unfinished last record is told of again.
   * @returns false if bytes that were read are no longer there: the segment must be opened anew
   */
  lookAgain(isLocked?: Locked | (() => Locked)): boolean {
    const { fileSystem, descriptor } = this.#streamOptions;
    const { size } = fileSystem.statusOf(descriptor);
    if (size < this.#toldEnd) return false;
    this.#isOver = false;
    this.tail = 'clean';
    this.#stream.rewind(this.#toldEnd, Math.min(this.#options.to ?? size, size));
    this.#judge.lookAgain(isLocked, this.end);
    return true;
  }

  /** @throws StatelogError `DAMAGED` where the last finding was damage */
  throwIfDamage(): void {
    if (this.found?.severity !== 'damage') return;
    throw damageError(this.finding!, `the ${this.records} good records before it; nothing was changed`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#streamOptions.fileSystem.close(this.#streamOptions.descriptor);
  }

  get #judge(): SegmentJudge {
    return (this.#madeJudge ??= new SegmentJudge(
      this.path,
      this.#stream,
      this.#streamOptions,
      this.#options,
      this.#isDurable,
    ));
  }

  #tellRecord(): ScanEvent {
    this.#standBehind(1);
    return 'record';
  }

  #standBehind(records: number): void {
    this.offset = this.#stream.offset;
    this.recordBytes = this.#stream.recordBytes;
    this.goodEnd = this.#stream.position;
    this.#toldEnd = this.goodEnd;
    this.records += records;
  }

  #tell(found: Found): ScanEvent {
    if (found.severity === 'damage') this.isDamaged = true;
    this.found = found;
    this.#told = undefined;
    return 'finding';
  }

  #tellGap(gap: Gap): ScanEvent {
    if (this.#judge.isLost(gap, this.#stream, this.records > 0 || this.#streamOptions.from > 0)) {
      const { losses } = this.#judge;
      losses.takeGap(gap);
      this.#toldEnd = gap.end;
      return this.#tell(new DamagedGap(this.path, gap, this.#stream.order.coreId, losses));
    }
    this.tail = this.#judge.end.kindOf(gap.offset, this.end);
    this.#isOver = this.#options.tornTail !== 'show' || gap.nextGood < 0;
    const end = this.#isOver ? this.end : gap.end;
    const bounds = { ...this.#streamOptions, end: this.end };
    const torn = this.tail === 'torn-tail' ? tornEnd(bounds, this.#stream, gap, this.#isOver) : undefined;
    return this.#tellTail(this.tail, gap, end, torn);
  }

  /** Ends before a group that is not all there: none of it is shown, and nothing behind it was acknowledged. */
  #tellGroup({ gap, isAlone, goodRecords }: UnfinishedGroup): ScanEvent {
    this.#stream.order.takeBack(this.view, gap.offset);
    this.tail = this.#judge.end.kindOf(gap.offset, this.end);
    this.#isOver = true;
    const torn = this.tail === 'torn-tail' ? { isOneRecord: isAlone, goodRecords } : undefined;
    return this.#tellTail(this.tail, gap, this.end, torn);
  }

  #tellTail(tailClass: UnwholeTail, gap: Gap, end: number, torn?: TornEnd): ScanEvent {
    const tail = { class: tailClass, end, elsewhere: this.#judge.end.elsewhere, ...torn };
    return this.#tell(foundAs(tailFinding(this.path, gap, tail, this.#stream.order.coreId)));
  }

  /** Tells, at the end of a segment, of records that were behind it when it was last closed. */
  #tellMissingEnd(): ScanEvent {
    this.#isOver = true;
    const { closedAt } = this.#options;
    if (closedAt === undefined || this.end >= closedAt.end) return 'end';
    const missing = this.#judge.losses.missingEnd(this.path, closedAt, this.end);
    return missing === undefined ? 'end' : this.#tell(foundAs(missing));
  }
}
