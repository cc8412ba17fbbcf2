import type { Finding } from '../../finding.js';

/** What to do about findings; undefined: as they say themselves. */
export interface Hints {
  readonly damage: string;
  readonly torn?: string | undefined;
  /** About records that are not there, with nothing bad where they should be; default: as about damage. */
  readonly gap?: string | undefined;
  /** About a file that is not there. */
  readonly missing?: string | undefined;
}

/**
 * The same findings with what to do about them: whoever reads a file knows that file alone, and not what it is
 * a part of.
 */
export function* hinted<Result>(
  findings: Generator<Finding, Result>,
  hints: Hints,
): Generator<Finding, Result> {
  let step = findings.next();
  for (; step.done !== true; step = findings.next()) yield { ...step.value, hint: hintOf(step.value, hints) };
  return step.value;
}

function hintOf({ severity, class: damageClass, hint }: Finding, hints: Hints): string | undefined {
  if (severity === 'torn') return hints.torn ?? hint;
  if (severity === 'notice') return hint;
  if (damageClass === 'missing-file' || damageClass === 'missing-segment') return hints.missing ?? hint;
  return damageClass === 'sequence-gap' ? (hints.gap ?? hints.damage) : hints.damage;
}
