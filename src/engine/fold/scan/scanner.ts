import { assert } from '../../assert.js';
import { foundAs, type Finding, type Found } from '../../finding.js';
import { AppendSigns } from './append-signs.js';
import { BadRecord, groupFinding, headerFinding } from '../record/damage.js';
import { HEADER_BYTES } from '../format/format.js';
import { type BadHeader, headerState } from '../format/header.js';
import type { OpenLog } from '../record/log-window.js';
import { isGroupMark } from '../format/group-mark.js';
import type { FoldRecord } from '../format/record.js';
import { type RecordFault, FoldRecordReader } from '../record/record-reader.js';
import { countGood, TailRule } from './tail-rule.js';

/** The result of a step of the scanner. */
export type FoldStep = 'record' | 'finding' | 'end';

/** How a fold log is scanned. */
export interface FoldScanOptions {
  /**
   * The treatment of a torn end with good records in it: stop (default), as recovery does, since they were
   * never acknowledged; or show them too, as salvage does.
   */
  readonly tornTail?: 'stop' | 'show' | undefined;
  /**
   * Tells whether a writer holds the lock: an unfinished end is then being written. It is asked only where
   * the end is unfinished. Whoever holds the lock leaves it out.
   */
  readonly isLocked?: (() => boolean) | undefined;
  /** The offset of a record to start at; default: the header. Nothing is known then of the records before it. */
  readonly from?: number | undefined;
  /** All from there on was appended to what was read before, so that its end may be torn. */
  readonly isAppended?: boolean | undefined;
}

/**
 * The one reader of whole fold logs: loading, recovery, verifying, replaying and salvage all stand
 * on it, so that they cannot disagree. `next` steps from record to record; where bytes are bad it
 * gives a finding that covers them, and goes on at the next record whose checksum holds. Memory is
 * constant and time linear, whatever the bytes are.
 *
 * Invariants:
 * - Records and findings come in the order of their offsets, and together cover the file.
 * - A record is given only if its checksum holds, its lengths are within limits and its key is UTF-8.
 * - `record` and its buffer are valid until the next step.
 */
export class FoldScanner {
  /** The record of the last step, if it was one. */
  readonly record: FoldRecord;
  /** The kind and place of what the last step found, if it found something. */
  found: Found | undefined;
  /** Start of the next step, in bytes from the start of the file. */
  position = 0;
  readonly #log: OpenLog;
  readonly #reader: FoldRecordReader;
  readonly #rule: TailRule;
  readonly #signs = new AppendSigns();
  readonly #showTornTail: boolean;
  readonly #isLocked: (() => boolean) | undefined;
  #told: Finding | undefined;
  #lastGood: number | undefined;
  #headerRead = false;

  constructor(log: OpenLog, options: FoldScanOptions = {}) {
    this.#log = log;
    this.#reader = new FoldRecordReader(log);
    this.record = this.#reader.record;
    this.#rule = new TailRule(log);
    this.#showTornTail = options.tornTail === 'show';
    this.#isLocked = options.isLocked;
    if (options.isAppended === true) this.#signs.cursorSeen = true;
    if (options.from === undefined) return;
    this.#headerRead = true;
    this.position = options.from;
  }

  /** True while the keys of all records so far ascend and none was deleted, as in the compact form. */
  get ascending(): boolean {
    return this.#signs.ascending;
  }

  /** The finding of the last step, in words. */
  get finding(): Finding | undefined {
    return (this.#told ??= this.found?.told());
  }

  /** Takes one step. */
  next(): FoldStep {
    if (!this.#headerRead && !this.#readHeader()) return 'finding';
    if (this.position >= this.#log.size) return 'end';
    const fault = this.#reader.readAt(this.position);
    if (fault !== undefined) return this.#report(fault);
    if (isGroupMark(this.record) && this.#rule.isGroupUnfinished(this.position + this.record.length))
      return this.#reportGroup();
    this.#signs.see(this.record);
    this.#lastGood = this.position;
    this.position += this.record.length;
    return 'record';
  }

  /** True if the header is good; else there is a finding, and the position is where records go on. */
  #readHeader(): boolean {
    const { path, size } = this.#log;
    const header = this.#reader.header();
    const state = headerState(header);
    this.#headerRead = true;
    this.position = Math.min(HEADER_BYTES, size);
    if (state === 'good') return true;
    this.#signs.stopComparingKeys();
    const nextGood = this.#firstRecordUnder(state);
    this.position = nextGood ?? size;
    this.#tell(foundAs(headerFinding(path, header, state, nextGood)));
    return false;
  }

  /** With another magic number the records may be ours; with another version only one that checks shows it. */
  #firstRecordUnder(state: BadHeader): number | undefined {
    if (state === 'bad-magic') return this.#reader.firstRecord();
    return state === 'bad-version' && this.#reader.hasRecordAfterHeader() ? HEADER_BYTES : undefined;
  }

  #report(fault: RecordFault): FoldStep {
    const { size } = this.#log;
    const resume = this.#reader.resumeAfter(fault);
    const { appended, cursorSeen } = this.#signs;
    const isTorn = this.#rule.isTorn({ fault, size, appended, cursorSeen, resume });
    const torn = isTorn && !this.#isUnreadable(fault.offset, resume ?? size);
    this.#signs.stopComparingKeys();
    const nextGood = torn && !this.#showTornTail ? undefined : resume;
    this.position = nextGood ?? size;
    assert(this.position > fault.offset, 'a finding covers bytes, and the next step starts behind it');
    const inFlight = torn && this.#isBeingWritten();
    const isHidden = torn && resume !== undefined && nextGood === undefined;
    const goodRecords = isHidden ? countGood(this.#log, resume) : 0;
    const place = { torn, inFlight, resume, nextGood, lastGood: this.#lastGood, goodRecords };
    return this.#tell(new BadRecord(this.#log, fault, place));
  }

  /** Ends before a group that is not all there: none of it is shown. */
  #reportGroup(): FoldStep {
    const { position: offset } = this;
    this.position = this.#log.size;
    const inFlight = this.#isBeingWritten();
    const goodRecords = countGood(this.#log, offset);
    const place = { offset, inFlight, lastGood: this.#lastGood, goodRecords };
    return this.#tell(foundAs(groupFinding(this.#log, place)));
  }

  #tell(found: Found): FoldStep {
    this.found = found;
    this.#told = undefined;
    return 'finding';
  }

  /** True if the disk does not give a part out: it stands as zeros, and was there. */
  #isUnreadable(offset: number, end: number): boolean {
    const { fileSystem, path } = this.#log;
    return fileSystem.unreadable?.touches(path, offset, end - offset) === true;
  }

  /**
   * Tells whether the end is still being written: a writer that let go of the lock since the size was read
   * has written more behind it.
   */
  #isBeingWritten(): boolean {
    if (this.#isLocked === undefined) return false;
    const { fileSystem, descriptor, size } = this.#log;
    return this.#isLocked() || fileSystem.statusOf(descriptor).size > size;
  }
}
