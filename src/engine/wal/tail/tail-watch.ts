import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import type { LockHolder } from '../../storage-io/lock/lock-holder.js';
import { endOfZeros } from '../../storage-io/paged/zero-runs.js';
import { wasThereAtClose } from '../scan/closed-segment.js';
import type { Gap } from '../scan/gap.js';
import type { Locked, WalScanOptions } from '../scan/scan-options.js';
import { isUnreadable } from './torn-end.js';

/** The kinds of a segment's end that is not whole. */
export type UnwholeTail = 'torn-tail' | 'zero-tail' | 'in-flight';

/** The end of a segment, by what is known of it beside its bytes: who may be writing it, and how far it was when it was closed. */
export class TailWatch {
  /** The possible writer of the end, on another host, once it was asked for. */
  elsewhere: LockHolder | undefined;
  readonly #path: string;
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #options: WalScanOptions;
  #isLocked: Locked | (() => Locked);

  constructor(path: string, fileSystem: FileSystem, descriptor: FileDescriptor, options: WalScanOptions) {
    this.#path = path;
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#options = options;
    this.#isLocked = options.isLocked ?? false;
  }

  /** For a segment that is looked at again: whether a writer holds the lock now. */
  lookAgain(isLocked: Locked | (() => Locked) | undefined): void {
    this.#isLocked = isLocked ?? this.#isLocked;
  }

  /**
   * True where the bytes of a gap were on disk once, by what is known beside the records that follow: it is damage then.
   * @param hasRecords whether a good record precedes it, or the segment is not read from its start
   * @param end end of the segment as it was read
   */
  wasOnDisk(gap: Gap, hasRecords: boolean, end: number): boolean {
    const { isLoose, wasClosed } = this.#options;
    // A whole segment by itself in which no record is left, and that nobody is writing.
    if (!hasRecords && isLoose === true && gap.nextGood < 0 && !this.#isBeingWritten(end)) return true;
    if (isUnreadable(this.#fileSystem, this.#path, gap)) return true;
    if ((gap.nextGood >= 0 || !hasRecords) && wasClosed?.() === true) return true;
    return this.wasAtClose(gap.offset);
  }

  /** True for a place that the last clean close knew as written. */
  wasAtClose(offset: number): boolean {
    const { closedAt } = this.#options;
    if (closedAt === undefined) return false;
    return wasThereAtClose(offset, closedAt, this.#fileSystem.statusOf(this.#descriptor));
  }

  /** The kind of an end that begins at `offset`, of a segment that ends at `end`. */
  kindOf(offset: number, end: number): UnwholeTail {
    if (this.#isBeingWritten(end)) return 'in-flight';
    const tail = { descriptor: this.#descriptor, offset, end };
    return endOfZeros(this.#fileSystem, tail) === end ? 'zero-tail' : 'torn-tail';
  }

  /** True while a writer is at work on the end; one that has released the lock meanwhile has written more behind it. */
  #isBeingWritten(end: number): boolean {
    const isLocked = typeof this.#isLocked === 'function' ? this.#isLocked() : this.#isLocked;
    this.elsewhere = typeof isLocked === 'object' ? isLocked : undefined;
    if (isLocked !== false || this.#options.to !== undefined) return isLocked !== false;
    return this.#fileSystem.statusOf(this.#descriptor).size > end;
  }
}
