import { type Figure, type Side, type Unit, summaryOf } from './figure.js';

/** What a figure is to reach: by itself, in its unit, or as a ratio to another side's. */
export interface Goal {
  /** The row of docs/performance.md's table that it is part of. */
  readonly row: string;
  /** Which part of the row. */
  readonly part: string;
  readonly topic: string;
  /** The figure of ours that is judged. */
  readonly figure: string;
  /** Divided by this side's: its figure of the same name, or another one. */
  readonly against?: { readonly side: Side; readonly figure?: string } | undefined;
  readonly sense: 'at most' | 'at least';
  readonly limit: number;
}

/** `unsteady`: it would be met, but the rounds differ by so much that another run might say otherwise. */
export type Verdict = 'met' | 'unsteady' | 'not met' | 'not measured';

/** Rounds that differ by more than this share of their median prove nothing. */
const SPREAD_MAX = 1 / 3;

/** A goal, and what came of it. */
export interface Outcome extends Goal {
  readonly verdict: Verdict;
  readonly unit: Unit | undefined;
  /** Ours, and the other side's; undefined where it was not measured, or there is no other. */
  readonly ours: number | undefined;
  readonly theirs: number | undefined;
  /** What the limit is for: the ratio, or ours where there is no other side. */
  readonly reached: number | undefined;
  /** Why it was not measured. */
  readonly why: string | undefined;
}

/**
 * Judges a goal. The originals print the best of five, so ours is then the best of its rounds too; else
 * medians are compared. Where rounds of either side spread by more than a third, no goal is called met.
 */
export function judge(goal: Goal, figures: readonly Figure[]): Outcome {
  const find = (side: Side, id: string): Figure | undefined =>
    figures.find((figure) => figure.topic === goal.topic && figure.id === id && figure.side === side);
  const ours = find('statelog', goal.figure);
  const unmeasured = (why: string): Outcome => ({
    ...goal,
    verdict: 'not measured',
    unit: ours?.unit,
    ours: ours === undefined ? undefined : summaryOf(ours).median,
    theirs: undefined,
    reached: undefined,
    why,
  });
  if (ours === undefined) return unmeasured(`${goal.topic} did not measure ${goal.figure}`);
  const { against } = goal;
  const isSteady = (...sides: Figure[]): boolean =>
    sides.every((side) => summaryOf(side).spread <= SPREAD_MAX);
  if (against === undefined)
    return decided(goal, ours.unit, isSteady(ours), summaryOf(ours).median, undefined);
  const theirs = find(against.side, against.figure ?? goal.figure);
  if (theirs === undefined) return unmeasured(`${against.side} was not measured`);
  const which = against.side === 'original' ? 'best' : 'median';
  return decided(goal, ours.unit, isSteady(ours, theirs), summaryOf(ours)[which], summaryOf(theirs)[which]);
}

function decided(
  goal: Goal,
  unit: Unit,
  isSteady: boolean,
  ours: number,
  theirs: number | undefined,
): Outcome {
  const reached = theirs === undefined ? ours : ours / theirs;
  const isMet = goal.sense === 'at most' ? reached <= goal.limit : reached >= goal.limit;
  const verdict = isMet ? (isSteady ? 'met' : 'unsteady') : 'not met';
  return { ...goal, verdict, unit, ours, theirs, reached, why: undefined };
}
