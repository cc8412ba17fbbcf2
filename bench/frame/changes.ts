import { type Figure, isRate, summaryOf } from './figure.js';
import type { BenchResults } from './results.js';

/** Less than this is not told from noise. */
const TOLD_FROM = 1.05;

/** What became of a figure of ours since an earlier run. */
export interface Change {
  readonly topic: string;
  readonly title: string;
  readonly unit: Figure['unit'];
  readonly before: number;
  readonly now: number;
  /** How many times as long as before, or the inverse for a rate: above 1 is slower. */
  readonly slower: number;
  /** All rounds of one run lie beyond all of the other: more than the machine's mood. */
  readonly isClear: boolean;
}

/**
 * Our figures whose medians differ from those of an earlier run by 5 % or more, the slowest first. What only one of the two
 * runs measured is left out.
 */
export function changesSince(earlier: Pick<BenchResults, 'figures'>, figures: readonly Figure[]): Change[] {
  const changes = figures.flatMap((figure) => {
    const before = earlier.figures.find(
      ({ topic, id, side }) => topic === figure.topic && id === figure.id && side === figure.side,
    );
    return before === undefined || figure.side !== 'statelog' ? [] : [changeOf(before, figure)];
  });
  return changes
    .filter(({ slower }) => slower >= TOLD_FROM || slower <= 1 / TOLD_FROM)
    .sort((a, b) => b.slower - a.slower);
}

function changeOf(earlier: Figure, figure: Figure): Change {
  const before = summaryOf(earlier);
  const now = summaryOf(figure);
  return {
    topic: figure.topic,
    title: figure.title,
    unit: figure.unit,
    before: before.median,
    now: now.median,
    slower: isRate(figure.unit) ? before.median / now.median : now.median / before.median,
    isClear: now.least > before.greatest || now.greatest < before.least,
  };
}
