import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Figure } from './figure.js';
import type { Outcome } from './judge.js';

/** What a run came to: what `--json` writes. */
export interface BenchResults {
  readonly scale: string;
  /** What was measured: time by the clock, or the processor's. */
  readonly time: 'clock' | 'processor';
  readonly startedAt: string;
  readonly seconds: number;
  /** Those of each topic's process. */
  readonly topicSeconds: Readonly<Record<string, number>>;
  readonly machine: { readonly processor: string; readonly cores: number; readonly node: string };
  /** How many programs waited for a core or the disk, a minute's average: before the run, and of its topics the most. */
  readonly load: { readonly before: number; readonly most: number };
  readonly figures: readonly Figure[];
  readonly goals: readonly Outcome[];
  readonly notes: readonly string[];
}

/** More digits are noise. */
const DIGITS = 4;

/**
 * Reads what `--json` wrote.
 * @param file its path, or `last` for the youngest of those that are kept in `kept`
 */
export function readResults(file: string, kept: string): BenchResults {
  if (file === 'last') return lastOf(kept);
  const results = JSON.parse(readFileSync(file, 'utf8')) as BenchResults;
  if (Array.isArray(results.figures)) return results;
  throw new Error(`${file} has no figures: give what --json wrote`);
}

function lastOf(folder: string): BenchResults {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  const results = names.map((name) => readResults(path.join(folder, name), folder));
  const last = results.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt)).at(-1);
  if (last !== undefined) return last;
  throw new Error(`${folder} has no results yet: write some with --json`);
}

/** The results as JSON, short enough to be kept: of the goals, which are judged anew, only what came of them. */
export function resultsText(results: BenchResults): string {
  const short = (key: string, value: unknown): unknown =>
    typeof value === 'number' && key !== 'startedAt' ? Number(value.toPrecision(DIGITS)) : value;
  const { figures, goals, ...rest } = results;
  const lines = (all: readonly unknown[]): string =>
    all.map((each) => `\n  ${JSON.stringify(each, short)}`).join(',');
  const head = JSON.stringify(rest, undefined, 1).slice(0, -2);
  return `${head},\n "figures": [${lines(figures)}\n ],\n "goals": [${lines(goals)}\n ]\n}\n`;
}
