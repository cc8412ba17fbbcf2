import type { Finding } from '../../finding.js';
import { withHint, type Hints } from '../hints.js';

/** The same findings with what to do about them. */
export function* hinted<Result>(
  findings: Generator<Finding, Result>,
  hints: Hints,
): Generator<Finding, Result> {
  let step = findings.next();
  for (; step.done !== true; step = findings.next()) yield withHint(step.value, hints);
  return step.value;
}
