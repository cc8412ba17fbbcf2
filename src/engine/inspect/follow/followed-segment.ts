import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { Reached } from '../../wal/scan/scan-options.js';
import { type ScanEvent, WalScanner } from '../../wal/scan/scanner.js';
import { removedUnread } from './follow-findings.js';
import { ToldRecords } from './told-records.js';

/** Bytes read ahead at a time: a group is usually short. */
const AHEAD_BLOCK_BYTES = 64 * 1024;

/** Which segment to follow, and what it is held against. */
export interface FollowedSegmentOptions {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly coreId: number;
  /** The epoch that all records must have; undefined: any. */
  readonly epoch?: bigint | undefined;
  /** The sequence that the first record must have; undefined: any. */
  readonly expectedSequence?: bigint | undefined;
  /** The sequence with which the next log starts, where that is known. */
  readonly endSequence?: bigint | undefined;
  /** How far the segments beside it reach by now, as `WalScanOptions.reached` says. */
  readonly reached?: Reached | undefined;
}

/**
 * A segment that is read while others write to it. `next` tells of each record once, in the order of the file,
 * and ends where the file does for now; `lookAgain` then goes on. The file may be replaced by one that goes on after
 * the same records, as a writer does that takes over; be cut, or started again; or be removed, and is then read to its
 * end. An unfinished last write is not told of: it may be going on.
 *
 * Invariants:
 * - every record before `#scanner.toldEnd` was told of, and none of them is told of again;
 * - a file that replaced ours is read only once ours has been read to its end: until then it waits in
 *   `#replacements`, open, so that it can be read though it is replaced or removed in its turn.
 */
export class FollowedSegment {
  readonly path: string;
  readonly coreId: number;
  /** The last finding. */
  finding: Finding | undefined;
  readonly #options: FollowedSegmentOptions;
  readonly #fileSystem: FileSystem;
  readonly #told = new ToldRecords();
  readonly #replacements: FileDescriptor[] = [];
  #descriptor: FileDescriptor;
  /** Identity of the newest file that was opened. */
  #identity: string;
  #scanner: WalScanner;
  /** The sequence that the first record must have; undefined: any. */
  #expected: bigint | undefined;
  /**
   * For another file in the segment's place: the sequence that would come next if nothing was lost between
   * the two.
   */
  #due: bigint | undefined;
  #recordWaits = false;
  /** Records below this were told of already, of the log before. */
  #toldBelow = 0n;

  /** @throws StatelogError what `FileSystem.openRead` throws */
  constructor(options: FollowedSegmentOptions) {
    this.path = options.path;
    this.coreId = options.coreId;
    this.#options = options;
    this.#fileSystem = options.fileSystem;
    this.#expected = options.expectedSequence;
    this.#descriptor = this.#fileSystem.openRead(this.path);
    this.#identity = this.#fileSystem.statusOf(this.#descriptor).identity;
    this.#scanner = this.#scan(0, undefined);
  }

  /** The last record: its `path`, `offset`, `recordBytes` and `view`. Valid until `next`. */
  get record(): WalScanner {
    return this.#scanner;
  }

  /** The sequence that comes next; undefined while any may come. */
  get nextSequence(): bigint | undefined {
    return this.#scanner.nextSequence ?? this.#due ?? this.#expected;
  }

  /** Moves on; `end` is the end for now. @throws StatelogError `IO_FAILED` where the file cannot be read */
  next(): ScanEvent {
    if (this.#recordWaits) {
      this.#recordWaits = false;
      return 'record';
    }
    for (;;) {
      const event = this.#scanner.next();
      if (event === 'record' && this.#scanner.view.sequence < this.#toldBelow) continue;
      if (event === 'record') return this.#tellRecord();
      if (event === 'finding') {
        this.finding = this.#scanner.finding;
        if (this.finding?.class === 'in-flight') continue;
        return 'finding';
      }
      if (!this.#goOnInReplacement()) return 'end';
    }
  }

  /** Passes over what was told of while it stood in the log before: records that came while a checkpoint was made stand in both. */
  passOver(toldBelow: bigint): void {
    this.#toldBelow = toldBelow;
  }

  /** Whether its good records reach up to a sequence, told of or not. */
  reaches(sequence: bigint): boolean {
    if ((this.nextSequence ?? 0n) >= sequence) return true;
    const { toldEnd, order } = this.#scanner;
    const part = {
      descriptor: this.#descriptor,
      order: toldEnd === 0 ? undefined : order,
      isFollowed: false,
    };
    const { coreId, epoch } = this.#options;
    const expectedSequence = this.#expected;
    const range = {
      from: toldEnd,
      coreId,
      epoch,
      expectedSequence,
      isLocked: true,
      blockBytes: AHEAD_BLOCK_BYTES,
    };
    const ahead = WalScanner.openPart(this.path, part, {
      fileSystem: this.#fileSystem,
      ...range,
      mayBeCut: true,
    });
    while ((ahead.nextSequence ?? 0n) < sequence) if (ahead.next() === 'end') return false;
    return true;
  }

  /** Opens the file that has replaced ours, if one has. Nothing is read. */
  hold(): void {
    const status = this.#fileSystem.statusFollowing(this.path);
    if (status?.kind !== 'file' || status.identity === this.#identity) return;
    let descriptor: FileDescriptor;
    try {
      descriptor = this.#fileSystem.openRead(this.path);
    } catch (error) {
      if (isStatelogError(error, 'NOT_FOUND')) return;
      throw error;
    }
    this.#replacements.push(descriptor);
    this.#identity = this.#fileSystem.statusOf(descriptor).identity;
  }

  /** Looks at the file as it is now, once `next` came to the end. */
  lookAgain(): void {
    this.hold();
    // Nothing comes to a log that was closed.
    if (this.#options.endSequence !== undefined) return;
    const missing = this.#told.forgetMissing(this.#fileSystem, this.#descriptor);
    if (missing > 0 || !this.#scanner.lookAgain(true)) this.#goOnBehind(missing);
  }

  close(): void {
    for (const descriptor of [this.#descriptor, ...this.#replacements.splice(0)]) {
      closeQuietly(this.#fileSystem, descriptor);
    }
  }

  #tellRecord(): ScanEvent {
    this.#told.add(this.#scanner);
    const due = this.#due;
    this.#due = undefined;
    const { sequence } = this.#scanner.view;
    if (due === undefined || sequence <= due) return 'record';
    this.finding = removedUnread(this.path, this.#scanner.offset, this.coreId, due, sequence);
    this.#recordWaits = true;
    return 'finding';
  }

  /** @returns false where ours was not replaced */
  #goOnInReplacement(): boolean {
    const descriptor = this.#replacements.shift();
    if (descriptor === undefined) return false;
    this.#fileSystem.close(this.#descriptor);
    this.#descriptor = descriptor;
    this.#goOnBehind(this.#told.forgetMissing(this.#fileSystem, descriptor));
    return true;
  }

  /** Goes on in a file that is another one, or was cut, of which the last `missing` records are no longer there. */
  #goOnBehind(missing: number): void {
    const { toldEnd, order, nextSequence } = this.#scanner;
    if (missing > 0) {
      this.#due ??= nextSequence;
      this.#expected = undefined;
      this.#scanner = this.#scan(this.#told.end, undefined);
      return;
    }
    const { size } = this.#fileSystem.statusOf(this.#descriptor);
    const from = toldEnd <= size ? toldEnd : this.#told.end;
    this.#scanner = this.#scan(from, from === 0 ? undefined : order);
  }

  /** @param order what the records before `from` say of it, where they are still there */
  #scan(from: number, order: WalScanner['order'] | undefined): WalScanner {
    const { coreId, epoch, endSequence, reached } = this.#options;
    const part = { descriptor: this.#descriptor, order, isFollowed: false };
    const expectedSequence = this.#expected;
    const expected = { coreId, epoch, expectedSequence, endSequence, reached };
    const range = { from, ...expected, isLocked: true, mayBeCut: true };
    return WalScanner.openPart(this.path, part, { fileSystem: this.#fileSystem, ...range });
  }
}
