/** How much is measured. `tiny` shows only that the bench works. */
export const SCALE_NAMES = ['tiny', 'quick', 'usual'] as const;
export type ScaleName = (typeof SCALE_NAMES)[number];

export interface BenchScale {
  readonly name: ScaleName;
  /** How often each contender's turn comes. */
  readonly rounds: number;
  /** So few keys that they fit the processor's caches. */
  readonly keysFew: number;
  readonly keys: number;
  readonly keysMany: number;
  /** Lookups a round, at most. */
  readonly lookups: number;
  /** Keys of each length and order. */
  readonly shapeKeys: number;
  /** Entries through a buffer between two threads. */
  readonly threadEntries: number;
  /** Megabytes of a file that is read from the page cache. */
  readonly fileMegabytes: number;
  /** Megabytes of input for commands whose memory must not grow with it. */
  readonly memoryMegabytes: number;
  /** Seconds that the soak takes. */
  readonly soakSeconds: number;
  /** How often a whole process is started. */
  readonly starts: number;
}

/** By name. */
export const SCALES: Readonly<Record<ScaleName, BenchScale>> = {
  tiny: {
    name: 'tiny',
    rounds: 1,
    keysFew: 100,
    keys: 400,
    keysMany: 1000,
    lookups: 1000,
    shapeKeys: 100,
    threadEntries: 20_000,
    fileMegabytes: 1,
    memoryMegabytes: 1,
    soakSeconds: 0.3,
    starts: 1,
  },
  quick: {
    name: 'quick',
    rounds: 3,
    keysFew: 10_000,
    keys: 50_000,
    keysMany: 200_000,
    lookups: 200_000,
    shapeKeys: 10_000,
    threadEntries: 5_000_000,
    fileMegabytes: 32,
    memoryMegabytes: 128,
    soakSeconds: 60,
    starts: 7,
  },
  usual: {
    name: 'usual',
    rounds: 5,
    keysFew: 10_000,
    keys: 200_000,
    keysMany: 1_000_000,
    lookups: 500_000,
    shapeKeys: 200_000,
    threadEntries: 20_000_000,
    fileMegabytes: 128,
    memoryMegabytes: 512,
    soakSeconds: 1800,
    starts: 25,
  },
};
