import { toUtf8 } from '../../engine/bytes/text/text.js';
import { incremented } from '../text/counter.js';
import { type EntryView, holds } from './entry-view.js';
import type { Condition, KeyChange } from './key-operation.js';

/** Outcome of a change. */
export interface ChangeOutcome {
  /** False where its condition did not hold: nothing was changed. */
  readonly isApplied: boolean;
  /** Whether a key that was to be deleted was there. */
  readonly wasThere: boolean;
  /** The sum, in decimal, of an increment. */
  readonly value?: string;
}

const NOT_APPLIED: ChangeOutcome = { isApplied: false, wasThere: false };
const APPLIED: ChangeOutcome = { isApplied: true, wasThere: false };
const DELETED: ChangeOutcome = { isApplied: true, wasThere: true };

/**
 * Makes a change, if its condition holds.
 * @throws StatelogError `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED` for what a store cannot hold: nothing was changed; what the store throws
 */
export function applyChange(view: EntryView, operation: KeyChange): ChangeOutcome {
  const { key } = operation;
  if (operation.op === 'increment') {
    const value = incremented(view.get(key)?.value, operation.by);
    view.put(key, toUtf8(value), undefined);
    return { ...APPLIED, value };
  }
  if (isConditional(operation) && !holds(operation, view.get(key)?.value)) return NOT_APPLIED;
  if (operation.op !== 'put') return view.delete(key, operation.version) ? DELETED : APPLIED;
  view.put(key, operation.value, operation.version);
  return APPLIED;
}

/** Whether it must be looked at what is there before the change can be made. */
export function isConditional({ ifAbsent, ifValue }: Condition): boolean {
  return ifAbsent || ifValue !== undefined;
}
