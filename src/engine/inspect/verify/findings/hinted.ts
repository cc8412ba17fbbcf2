import type { Finding } from '../../../finding.js';
import { withHint, type Hints } from '../../hints.js';
import type { MendableRecords } from './mendable-records.js';

/**
 * Adds hints to findings as they pass.
 * @param mendable tells which damage `hints.mend` is about
 */
export function* hinted<Result>(
  findings: Generator<Finding, Result>,
  hints: Hints,
  mendable?: MendableRecords,
): Generator<Finding, Result> {
  const { mend } = hints;
  try {
    let step = findings.next();
    for (; step.done !== true; step = findings.next()) {
      const isMendable = mend !== undefined && mendable?.areIn(step.value) === true;
      yield withHint(step.value, isMendable ? { ...hints, damage: mend } : hints);
    }
    return step.value;
  } finally {
    mendable?.close();
  }
}
