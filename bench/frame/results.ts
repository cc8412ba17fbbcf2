import type { Figure } from './figure.js';
import type { Outcome } from './judge.js';

/** What a run came to: what `--json` writes. */
export interface BenchResults {
  readonly scale: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: { readonly processor: string; readonly cores: number; readonly node: string };
  /** How many programs waited for a core or the disk, a minute's average: before the run, and of its topics the most. */
  readonly load: { readonly before: number; readonly most: number };
  readonly figures: readonly Figure[];
  readonly goals: readonly Outcome[];
  readonly notes: readonly string[];
}
