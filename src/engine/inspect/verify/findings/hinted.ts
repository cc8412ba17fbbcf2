import type { Finding } from '../../../finding.js';
import { HintsInTurn, withHint, type Hints } from '../../hints.js';
import type { MendableRecords } from './mendable-records.js';

/** The most findings about missing records that wait for what comes behind them. */
const WAITING_MAX = 1000;

/**
 * Adds hints to findings as they pass. Those about missing records wait, and what comes behind them, until it is known
 * whether a repair may bring these back.
 * @param mendable tells which damage `hints.mend` is about
 */
export function* hinted<Result>(
  findings: Generator<Finding, Result>,
  hints: Hints,
  mendable?: MendableRecords,
): Generator<Finding, Result> {
  const { mend } = hints;
  const inTurn = new HintsInTurn(hints);
  const waiting: Finding[] = [];
  const waited = (): Finding[] => waiting.splice(0).map((one) => withHint(one, inTurn.current));
  try {
    let step = findings.next();
    for (; step.done !== true; step = findings.next()) {
      const finding = step.value;
      inTurn.take(finding);
      if (inTurn.isOpenFor(finding) || (waiting.length > 0 && !inTurn.isRepairDue)) {
        waiting.push(finding);
        if (waiting.length < WAITING_MAX) continue;
        inTurn.isRepairDue = true;
        yield* waited();
        continue;
      }
      yield* waited();
      const isMendable = mend !== undefined && mendable?.areIn(finding) === true;
      yield withHint(finding, isMendable ? { ...inTurn.current, damage: mend } : inTurn.current);
    }
    yield* waited();
    return step.value;
  } finally {
    mendable?.close();
  }
}
