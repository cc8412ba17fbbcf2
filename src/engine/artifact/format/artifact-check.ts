import type { ErrorCode } from '../../errors.js';
import type { DamageClass, Finding } from '../../finding.js';
import { artifactError, FETCH_HINT } from './invalid.js';

/** One thing that is wrong with an artifact. */
export interface Fault {
  readonly class: DamageClass;
  readonly message: string;
  /** The entry that it is about, relative to the artifact. */
  readonly entry?: string | undefined;
  /** Default: `INVALID_ARTIFACT`. */
  readonly code?: ErrorCode | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** The advice to the user; default: fetch the artifact again. */
  readonly hint?: string | undefined;
}

/** Handles a fault: throws it as an error or, where an artifact is only checked, reports it as a finding. */
export type OnFault = (fault: Fault) => void;

/** Ends the work at the first fault. */
export function throwFault(origin: string): OnFault {
  return ({ code = 'INVALID_ARTIFACT', message, class: kind, expected, found, hint }) => {
    throw artifactError(code, origin, message, {
      class: kind,
      expected,
      found,
      ...(hint === undefined ? {} : { hint }),
    });
  };
}

/** Goes on, and passes each fault on as a finding. */
export function reportFault(origin: string, report: (finding: Finding) => void): OnFault {
  return ({ message, class: kind, entry, expected, found, hint }) => {
    report({
      severity: 'damage',
      class: kind,
      file: entry === undefined ? origin : `${origin}/${entry}`,
      offset: 0,
      bytes: 0,
      message,
      hint: hint ?? FETCH_HINT,
      expected,
      found,
    });
  };
}
