import type { Finding } from '../../finding.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { WINDOW_BLOCK_BYTES } from '../record/block-window.js';
import { compareMerged } from '../format/merge-order.js';
import { type ScanEvent, WalScanner } from './scanner.js';
import type { SegmentEntry } from '../folder/segment-folder.js';
import { sortedRuns } from './sorted-runs.js';
import { type LogScanOptions, scanOptionsOf } from './scan-options.js';
import { groupReach } from '../groups/group-reach.js';

/** More parts than this are not merged each by itself. */
const RUNS_MAX = 1024;
/** Bytes of all parts' windows together. */
const WINDOWS_BYTES = 32 * WINDOW_BLOCK_BYTES;

/** How to read segments together. */
export interface MergeOptions extends LogScanOptions {
  readonly fileSystem?: FileSystem;
}

/**
 * The records of several segments, merged by (epoch, timestamp, core, sequence). Memory is constant:
 * one window a segment, or a part of one that is out of order in itself. A segment's findings come when
 * reading it comes to them, which is before the record of it that follows.
 *
 * Invariants:
 * - `heap` has the parts that stand at a record, the least first; equal ones in the order of the files;
 * - the part of the last record told has not moved on yet: its view is valid until `next` is called.
 */
export class MergedScanner {
  /** The last finding. */
  finding: Finding | undefined;
  readonly #fileSystem: FileSystem;
  readonly #descriptors: FileDescriptor[] = [];
  readonly #parts: WalScanner[] = [];
  readonly #heap: number[] = [];
  /** Parts that have to move on before the least record is known. */
  readonly #waiting: number[] = [];
  #current: WalScanner | undefined;

  private constructor(fileSystem: FileSystem) {
    this.#fileSystem = fileSystem;
  }

  /** @throws StatelogError what `FileSystem.openRead` throws */
  static open(segments: readonly SegmentEntry[], options: MergeOptions = {}): MergedScanner {
    const merged = new MergedScanner(options.fileSystem ?? realFileSystem());
    try {
      merged.#open(segments, options);
      return merged;
    } catch (error) {
      merged.close();
      throw error;
    }
  }

  /** The segment of the last record: its path, `offset`, `recordBytes` and `view`. Valid until `next`. */
  get segment(): WalScanner {
    return this.#current!;
  }

  /** The last record's entry, valid until `next` is called. */
  get view(): WalEntryView {
    return this.#current!.view;
  }

  /** Moves on by one record or finding. @throws StatelogError `IO_FAILED` where a file cannot be read */
  next(): ScanEvent {
    while (this.#waiting.length > 0) {
      const part = this.#waiting.at(-1)!;
      const scanner = this.#parts[part]!;
      const event = scanner.next();
      if (event === 'finding') {
        this.finding = scanner.finding;
        return 'finding';
      }
      this.#waiting.pop();
      if (event === 'record') this.#push(part);
    }
    const least = this.#pop();
    if (least === undefined) return 'end';
    this.#waiting.push(least);
    this.#current = this.#parts[least];
    return 'record';
  }

  close(): void {
    for (const descriptor of this.#descriptors.splice(0)) closeQuietly(this.#fileSystem, descriptor);
  }

  #open(segments: readonly SegmentEntry[], options: MergeOptions): void {
    const fileSystem = this.#fileSystem;
    const reached = groupReach(fileSystem, segments, (coreId) => scanOptionsOf(options, coreId));
    const plans = segments.map(({ path, coreId }) => {
      const descriptor = fileSystem.openRead(path);
      this.#descriptors.push(descriptor);
      const end = fileSystem.statusOf(descriptor).size;
      const runs = sortedRuns({ fileSystem, descriptor, coreId, end }, Math.ceil(RUNS_MAX / segments.length));
      return { path, coreId, descriptor, end, runs };
    });
    const parts = plans.reduce((sum, plan) => sum + plan.runs.length, 0);
    const blockBytes = Math.min(WINDOW_BLOCK_BYTES, Math.floor(WINDOWS_BYTES / Math.max(parts, 1)));
    for (const { path, coreId, descriptor, end, runs } of plans) {
      const expected = scanOptionsOf(options, coreId);
      for (const { from, to, order, mayJump } of runs) {
        const part = {
          descriptor,
          order: from === 0 ? undefined : order,
          isFollowed: to < end || options.isClosed === true,
          mayJump,
          end,
        };
        const range = { ...expected, from, to: Math.min(to, end), blockBytes, reached };
        this.#parts.push(WalScanner.openPart(path, part, { fileSystem, ...range }));
      }
    }
    for (let part = this.#parts.length - 1; part >= 0; part--) this.#waiting.push(part);
  }

  #isLess(a: number, b: number): boolean {
    const order = compareMerged(this.#parts[a]!.view, this.#parts[b]!.view);
    return order < 0 || (order === 0 && a < b);
  }

  #push(part: number): void {
    const heap = this.#heap;
    let at = heap.push(part) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isLess(part, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = part;
  }

  #pop(): number | undefined {
    const heap = this.#heap;
    const least = heap[0];
    const moved = heap.pop();
    if (moved === undefined || heap.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isLess(heap[child + 1]!, heap[child]!)) child += 1;
      if (!this.#isLess(heap[child]!, moved)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = moved;
    return least;
  }
}
