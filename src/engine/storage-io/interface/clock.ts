import { joinI64 } from '../../bytes/halves.js';

/** The source of time, so that a test can set it back a year. */
export interface Clock {
  /**
   * Nanoseconds since the Unix epoch as two halves of an i64, written to `into[0]` (low) and
   * `into[1]` (high). No bigint, since it is read on the append path.
   */
  read(into: Uint32Array): void;
  /**
   * The time as a bigint, in nanoseconds since the Unix epoch, for paths that are not hot; negative before
   * 1970.
   */
  nowNs(): bigint;
}

const NANOSECONDS_A_MILLISECOND = 1_000_000;
const NANOSECONDS_A_SECOND = 1_000_000_000n;
const TWO_TO_32 = 0x1_0000_0000;
/** The number of first readings that take the wall clock alone, in milliseconds: a command that puts one key needs no more. */
const COARSE_READS = 8;
/** After this long the anchor is taken anew, since the monotonic clock drifts from the wall clock. */
const ANCHOR_MAX_MS = 1_000;

/**
 * The machine's clock. An anchor of wall time is taken from `Date.now` and carried on with
 * `performance.now`, which costs less than a bigint clock and has sub-microsecond steps, and takes a millisecond to load: so
 * it is first asked when the clock has been read a few times.
 */
export class SystemClock implements Clock {
  #anchorMonotonicMs = -Infinity;
  #anchorLow = 0;
  #anchorHigh = 0;
  #coarseReads = 0;

  read(into: Uint32Array): void {
    if (this.#coarseReads < COARSE_READS) {
      this.#coarseReads += 1;
      this.#anchor(-Infinity);
      into[0] = this.#anchorLow;
      into[1] = this.#anchorHigh;
      return;
    }
    const monotonicMs = performance.now();
    if (monotonicMs - this.#anchorMonotonicMs > ANCHOR_MAX_MS) this.#anchor(monotonicMs);
    const elapsedNs = Math.trunc((monotonicMs - this.#anchorMonotonicMs) * NANOSECONDS_A_MILLISECOND);
    const low = this.#anchorLow + elapsedNs;
    into[0] = low >>> 0;
    into[1] = this.#anchorHigh + Math.floor(low / TWO_TO_32);
  }

  nowNs(): bigint {
    const halves = new Uint32Array(2);
    this.read(halves);
    return joinI64(halves[0]!, halves[1]!);
  }

  #anchor(monotonicMs: number): void {
    const wallNs = BigInt(Date.now()) * BigInt(NANOSECONDS_A_MILLISECOND);
    this.#anchorMonotonicMs = monotonicMs;
    this.#anchorLow = Number(wallNs & 0xffff_ffffn);
    this.#anchorHigh = Number(wallNs >> 32n);
  }
}

/**
 * Whole seconds since 1970, for what is stamped with them; 0 before 1970, where a clock without a battery may
 * stand, since no artifact holds a negative number.
 */
export function nowUnix(clock: Clock = new SystemClock()): number {
  return Math.max(0, Number(clock.nowNs() / NANOSECONDS_A_SECOND));
}
