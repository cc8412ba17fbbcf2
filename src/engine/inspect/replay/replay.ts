import type { Finding } from '../../finding.js';
import { newlyUnreadable, unopenedFinding } from '../unreadable.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { missingFile } from '../missing-file.js';
import { MergedScanner } from '../../wal/scan/merged-scanner.js';
import { type ScanEvent, WalScanner } from '../../wal/scan/scanner.js';
import { type NearStart, recordEndingAt } from '../../wal/scan/near-start.js';
import { FolderBarriers } from '../../wal/folder/barriers.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import { type Reached, scanOptionsOf } from '../../wal/scan/scan-options.js';
import type { SegmentEntry } from '../../wal/folder/segment-folder.js';
import { withHint, type Hints } from '../hints.js';
import type { ReplayLog } from './replay-logs.js';

/** A reader of one log's segments: merged, or one after the other. */
interface LogScan {
  finding: Finding | undefined;
  readonly segment: WalScanner;
  next(): ScanEvent;
  close(): void;
}

/**
 * Reads logs one after the other: the records of each merged by (epoch, timestamp, core, sequence), or
 * segment after segment as they lie. Bad bytes give a finding in their place, and reading goes on at the
 * next good record; a segment that is missing gives one before its log.
 *
 * Invariants:
 * - at most one log is open, `#scan`; those of `#logs` from `#next` on are still to come;
 * - all of `#missing` is told before a record of that log.
 */
export class Replay {
  /** The last finding. */
  finding: Finding | undefined;
  /** True once a writer had dropped a log before it was opened: its records were not read. */
  hasMissedLog = false;
  readonly #fileSystem: FileSystem;
  readonly #logs: readonly ReplayLog[];
  readonly #isMerged: boolean;
  readonly #fromOffset: number;
  readonly #missing: Finding[] = [];
  #next = 0;
  #scan: LogScan | undefined;
  /** Hints of the log that was opened last. */
  #hints: Hints | undefined;
  /** Those of the segments of a folder that belongs to no store: no manifest says whether the end of one is gone. */
  #barriers: FolderBarriers | undefined;

  /**
   * @param isMerged false: each segment's records as they lie
   * @param fromOffset an offset in each segment before which nothing is asked for: less, or nothing, is read and told of there
   */
  constructor(fileSystem: FileSystem, logs: readonly ReplayLog[], isMerged: boolean, fromOffset = 0) {
    this.#fromOffset = fromOffset;
    this.#fileSystem = fileSystem;
    this.#logs = logs;
    this.#isMerged = isMerged;
  }

  /** The segment of the last record: its `path`, `offset`, `recordBytes` and `view`. Valid until `next`. */
  get segment(): WalScanner {
    return this.#scan!.segment;
  }

  /**
   * Moves on by one record or finding.
   * @throws StatelogError what opening and reading files throws
   */
  next(): ScanEvent {
    for (;;) {
      const missing = this.#missing.shift();
      if (missing !== undefined) {
        this.finding = withHint(missing, this.#hints!);
        return 'finding';
      }
      if (this.#scan === undefined && !this.#openNext()) return 'end';
      if (this.#missing.length > 0) continue;
      const event = this.#scan!.next();
      // What cannot be read shows ahead of what is judged: it is told with it.
      if (event === 'finding') this.#missing.push(...newlyUnreadable(this.#fileSystem), this.#scan!.finding!);
      else if (event === 'record') return this.#tellRecord();
      else this.close();
      if (event === 'end')
        this.#missing.push(...newlyUnreadable(this.#fileSystem), ...this.#missingBarriers());
    }
  }

  close(): void {
    this.#scan?.close();
    this.#scan = undefined;
  }

  #tellRecord(): ScanEvent {
    if (this.#barriers !== undefined) {
      const { path, view, offset, recordBytes } = this.segment;
      this.#barriers.take(path, view, offset + recordBytes);
    }
    return 'record';
  }

  /** Told at the end of a log. */
  #missingBarriers(): Finding[] {
    const missing = this.#barriers?.missing() ?? [];
    this.#barriers = undefined;
    return missing;
  }

  #openNext(): boolean {
    const log = this.#logs[this.#next++];
    if (log === undefined) return false;
    this.#hints = log.hints;
    const there = log.segments.filter(({ path }) => this.#fileSystem.statusFollowing(path) !== undefined);
    this.#missing.push(...log.missing);
    const present = there.filter((segment) => this.#canOpen(segment));
    if (there.length < log.segments.length) this.#missSegments(log, there);
    const isFolder = log.epoch === undefined && present.length > 1 && this.#fromOffset === 0;
    this.#barriers = isFolder ? new FolderBarriers(present) : undefined;
    const fileSystem = this.#fileSystem;
    const starts = present.map((segment) => this.#nearStart(segment));
    this.#scan =
      this.#isMerged && !(present.length === 1 && starts[0]?.hasLag === true)
        ? MergedScanner.open(present, { ...log.expected, fileSystem })
        : new SegmentAfterSegment(fileSystem, present, log.expected, starts);
    return true;
  }

  /** The record right before what is asked for: what lies before that need not be read. */
  #nearStart({ path }: SegmentEntry): NearStart | undefined {
    if (this.#fromOffset === 0) return undefined;
    const descriptor = this.#fileSystem.openRead(path);
    try {
      return recordEndingAt(this.#fileSystem, descriptor, this.#fromOffset);
    } finally {
      this.#fileSystem.close(descriptor);
    }
  }

  #missSegments(log: ReplayLog, there: readonly SegmentEntry[]): void {
    if (!log.isStillKept()) {
      this.hasMissedLog = true;
      return;
    }
    const missing = log.segments.filter((one) => !there.includes(one));
    this.#missing.push(...missing.map(({ coreId, path }) => missingFile('missing-segment', path, coreId)));
  }

  /** One segment that cannot be opened is told of, and the others are read. */
  #canOpen({ path }: SegmentEntry): boolean {
    try {
      this.#fileSystem.close(this.#fileSystem.openRead(path));
      return true;
    } catch (error) {
      this.#missing.push(unopenedFinding(error, path));
      return false;
    }
  }
}

/** The records of segments as they lie. */
class SegmentAfterSegment implements LogScan {
  finding: Finding | undefined;
  readonly #fileSystem: FileSystem;
  readonly #segments: readonly SegmentEntry[];
  readonly #expected: ReplayLog['expected'];
  readonly #starts: readonly (NearStart | undefined)[];
  readonly #reached: Reached | undefined;
  #next = 0;
  #scanner: WalScanner | undefined;

  /** @param starts for each segment, where to begin; undefined: at its start */
  constructor(
    fileSystem: FileSystem,
    segments: readonly SegmentEntry[],
    expected: ReplayLog['expected'],
    starts: readonly (NearStart | undefined)[],
  ) {
    this.#fileSystem = fileSystem;
    this.#segments = segments;
    this.#expected = expected;
    this.#starts = starts;
    this.#reached = groupReach(fileSystem, segments, (coreId) => scanOptionsOf(expected, coreId));
  }

  get segment(): WalScanner {
    return this.#scanner!;
  }

  next(): ScanEvent {
    for (;;) {
      this.#scanner ??= this.#open();
      if (this.#scanner === undefined) return 'end';
      const event = this.#scanner.next();
      if (event === 'finding') this.finding = this.#scanner.finding;
      if (event !== 'end') return event;
      this.close();
    }
  }

  close(): void {
    this.#scanner?.close();
    this.#scanner = undefined;
  }

  #open(): WalScanner | undefined {
    const start = this.#starts[this.#next];
    const segment = this.#segments[this.#next++];
    if (segment === undefined) return undefined;
    const { coreId, path } = segment;
    const expected = scanOptionsOf(this.#expected, coreId);
    return WalScanner.open(path, {
      ...expected,
      fileSystem: this.#fileSystem,
      from: start?.offset,
      expectedSequence: start === undefined ? expected.expectedSequence : undefined,
      reached: this.#reached,
    });
  }
}
