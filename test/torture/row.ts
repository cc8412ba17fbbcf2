import { SeededRandom } from '../simulated-disk/seeded-random.js';

/** How much is tried: a part in `npm test`, the usual figures, the long run. */
export type TortureScale = 'part' | 'usual' | 'long';

/** What a row is to reach at each scale; `all`: everything there is, which the row counts itself. */
export type TortureFigures = Readonly<Record<TortureScale, number | 'all'>>;

/** A promise that was broken, and how to see it again. */
export interface TortureViolation {
  /** Where: the workload, the format, the command. */
  readonly where: string;
  /** What happened: the rule that was broken, the operation, the image, the offset, … */
  readonly message: string;
}

/** One row of the table that `npm run torture` prints. */
export interface TortureRow {
  /** As `--row` takes it: one word or more, with hyphens. */
  readonly id: string;
  /** As the table has it. */
  readonly title: string;
  readonly figures: TortureFigures;
  /**
   * Into how many tasks the row may be cut, to run side by side: each gets its share of the figure (of what is
   * counted with `all` it must take every n-th itself). Default 1.
   */
  readonly shardsMax?: number;
  /** Runs one task. What throws is a violation. */
  readonly run: (task: TortureTask) => Promise<void> | void;
}

/** One task of a row: what it is to try, and what it has tried. */
export class TortureTask {
  readonly scale: TortureScale;
  /** The seed of the whole run. */
  readonly seed: number;
  readonly shard: number;
  readonly shards: number;
  /** How many this task is to try; Infinity for all. */
  readonly figure: number;
  /** Numbers that differ between the shards of a row and are the same for a seed. */
  readonly random: SeededRandom;
  /** How many were tried. */
  count = 0;
  readonly violations: TortureViolation[] = [];
  /** Further figures of interest, shown under the table. */
  readonly notes: string[] = [];

  constructor(row: TortureRow, scale: TortureScale, seed: number, shard: number, shards: number) {
    const figure = row.figures[scale];
    this.scale = scale;
    this.seed = seed;
    this.shard = shard;
    this.shards = shards;
    this.figure = figure === 'all' ? Infinity : Math.ceil(figure / shards);
    this.random = new SeededRandom((seed ^ Math.imul(shard + 1, 0x9e37_79b1)) >>> 0);
  }

  /** True while there is more to try. */
  get isUnfinished(): boolean {
    return this.count < this.figure;
  }

  /** True if the item with this number is for this shard. */
  isMine(index: number): boolean {
    return index % this.shards === this.shard;
  }

  /** Notes down a broken promise and goes on. */
  report(where: string, error: unknown): void {
    this.violations.push({ where, message: error instanceof Error ? error.message : String(error) });
  }
}
