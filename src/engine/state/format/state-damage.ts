import { StatelogError } from '../../errors.js';
import type { DamageClass } from '../../finding.js';

/** The details of a damage report, beside its sentence. */
export interface DamageDetails {
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  readonly cause?: unknown;
}

/** `DAMAGED` for a state file or its index, at a byte offset of `path`. */
export function stateDamage(
  damageClass: DamageClass,
  message: string,
  path: string,
  offset: number,
  details: DamageDetails = {},
): StatelogError {
  return new StatelogError('DAMAGED', message, {
    ...details,
    path,
    offset,
    class: damageClass,
    safe: 'nothing was changed',
    hint: `run 'statelog verify' on it to see all that is damaged`,
  });
}
