import type { Finding } from '../../finding.js';
import { compareMerged } from '../../wal/format/merge-order.js';
import type { Reached } from '../../wal/scan/scan-options.js';
import type { ScanEvent, WalScanner } from '../../wal/scan/scanner.js';
import type { FollowedSegment } from './followed-segment.js';
import { closeEach } from '../../storage-io/whole/close-each.js';

/** The standing of a segment: at a record that was not told yet, at its end for now, or nobody has looked. */
type Standing = 'record' | 'end' | 'unknown';

/**
 * Segments that are written to at the same time. What is there of all of them comes merged by (epoch, timestamp,
 * core, sequence); a record that appears later comes later, whatever its time.
 *
 * Invariant: the segment of the record told of last has not moved on yet.
 */
export class FollowedLog {
  /** Undefined outside a state directory. */
  readonly epoch: bigint | undefined;
  readonly segments: FollowedSegment[] = [];
  /** True once nothing more will be written to it. */
  isFinal = false;
  /** The last finding. */
  finding: Finding | undefined;
  readonly #standings: Standing[] = [];
  #current: FollowedSegment | undefined;

  constructor(epoch: bigint | undefined) {
    this.epoch = epoch;
  }

  /** The last record. Valid until `next`. */
  get record(): WalScanner {
    return this.#current!.record;
  }

  add(segment: FollowedSegment): void {
    this.segments.push(segment);
    this.#standings.push('unknown');
  }

  /** Moves on; `end` is the end for now. @throws StatelogError `IO_FAILED` where a file cannot be read */
  next(): ScanEvent {
    let least = -1;
    for (const [index, segment] of this.segments.entries()) {
      if (this.#standings[index] === 'unknown') {
        const event = segment.next();
        if (event === 'finding') {
          this.finding = segment.finding;
          return 'finding';
        }
        this.#standings[index] = event;
      }
      if (this.#standings[index] !== 'record') continue;
      if (least < 0 || compareMerged(segment.record.view, this.segments[least]!.record.view) < 0)
        least = index;
    }
    if (least < 0) return 'end';
    this.#standings[least] = 'unknown';
    this.#current = this.segments[least];
    return 'record';
  }

  /** Whether a core's segment reaches up to a sequence by now; one that is not there is taken to. */
  readonly reached: Reached = (coreId, sequence) => {
    const segment = this.segments.find((one) => one.coreId === coreId);
    return segment === undefined || segment.reaches(sequence);
  };

  /** Opens what has replaced its files. Nothing is read. */
  hold(): void {
    for (const segment of this.segments) segment.hold();
  }

  /** Looks at the files as they are now, once `next` came to the end. */
  lookAgain(): void {
    for (const [index, segment] of this.segments.entries()) {
      segment.lookAgain();
      this.#standings[index] = 'unknown';
    }
  }

  close(): void {
    closeEach(this.segments);
  }
}
