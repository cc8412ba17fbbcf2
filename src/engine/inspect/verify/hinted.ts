import type { DamageClass, Finding } from '../../finding.js';

/** What helps in a log that a checkpoint closed. */
export const CLOSED_LOG_HINT =
  'the checkpoint holds what the log lost; nothing needs to be done while it is whole';

/** What is not there is not brought back by anything that reads what is. */
const OWN_HINT: ReadonlySet<DamageClass> = new Set(['missing-file', 'missing-segment', 'missing-barrier']);

/**
 * The same findings with what to do about damage: whoever reads a file knows that file alone, and not what it is
 * a part of.
 * @param tornHint what to do about a torn tail; undefined: as it is
 */
export function* hinted<Result>(
  findings: Generator<Finding, Result>,
  hint: string,
  tornHint?: string,
): Generator<Finding, Result> {
  let step = findings.next();
  for (; step.done !== true; step = findings.next()) {
    const finding = step.value;
    if (OWN_HINT.has(finding.class)) yield finding;
    else if (finding.severity === 'damage') yield { ...finding, hint };
    else if (finding.severity === 'torn' && tornHint !== undefined) yield { ...finding, hint: tornHint };
    else yield finding;
  }
  return step.value;
}
