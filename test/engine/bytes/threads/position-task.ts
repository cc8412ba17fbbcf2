/** What the writing thread is given. */
export interface PositionTask {
  readonly sharedBuffer: SharedArrayBuffer;
  /** Word of the position. */
  readonly at: number;
  readonly steps: number;
}

/** How far the writer goes each time: every third or so step passes a multiple of 2^32. */
export const STEP = 1_500_000_001;
