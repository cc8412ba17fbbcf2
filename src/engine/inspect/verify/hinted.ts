import type { Finding } from '../../finding.js';
import { withHint, type Hints } from '../hints.js';

/** Adds hints to findings as they pass. */
export function* hinted<Result>(
  findings: Generator<Finding, Result>,
  hints: Hints,
): Generator<Finding, Result> {
  let step = findings.next();
  for (; step.done !== true; step = findings.next()) yield withHint(step.value, hints);
  return step.value;
}
