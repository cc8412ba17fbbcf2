import type { Finding } from '../../../finding.js';
import { HintsInTurn, withHint, type Hints } from '../../hints.js';
import type { FileMaps } from '../file-map.js';
import type { MendableRecords } from './mendable-records.js';

/** The most findings about missing records that wait for what comes behind them. */
const WAITING_MAX = 1000;

/**
 * Adds hints to findings as they pass. Those about missing records wait, and what comes behind them, until it is known
 * whether a repair may bring these back.
 * @param mendable tells which damage `hints.mend` is about
 * @param maps those of the files that the findings are in, which wait as well
 */
export function* hinted<Result>(
  findings: Generator<Finding, Result>,
  hints: Hints,
  mendable?: MendableRecords,
  maps?: FileMaps,
): Generator<Finding, Result> {
  const { mend } = hints;
  const inTurn = new HintsInTurn(hints);
  const waiting: Finding[] = [];
  const waited = function* (): Generator<Finding, void> {
    for (const one of waiting.splice(0)) yield withHint(one, inTurn.current);
    maps?.release();
  };
  try {
    let step = findings.next();
    for (; step.done !== true; step = findings.next()) {
      const finding = step.value;
      inTurn.take(finding);
      if (inTurn.isOpenFor(finding) || (waiting.length > 0 && !inTurn.isRepairDue)) {
        waiting.push(finding);
        maps?.hold();
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
