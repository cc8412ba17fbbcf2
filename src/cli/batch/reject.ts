import type { StatelogError } from '../../engine/errors.js';
import { countedText } from '../text/counted-text.js';

/** A line of a batch that changed nothing. */
export interface Reject {
  /** Its number, from 1. */
  readonly line: number;
  /** `condition`: it did not hold; `refused`: it cannot be read, or the store cannot hold it. */
  readonly reason: 'condition' | 'refused';
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The remark on a line whose condition does not hold. */
export function unheld(line: number, { ifAbsent }: { readonly ifAbsent: boolean }): Reject {
  const name = ifAbsent ? 'ifAbsent' : 'ifValue';
  return {
    line,
    reason: 'condition',
    message: `line ${line} was not applied: its ${name} does not hold`,
  };
}

/** The remark on a line that was refused. */
export function badLine(line: number, { message, details }: StatelogError): Reject {
  return { line, reason: 'refused', message, hint: details.hint };
}

/** A reject in a line for a person. */
export function rejectLine({ message, hint }: Reject): string {
  return `statelog: ${hint === undefined ? message : `${message}; ${hint}`}`;
}

/** A reject as one JSON object. */
export function rejectJson(reject: Reject): string {
  return JSON.stringify({ rejected: reject });
}

/** The sum of all rejects, in a line for a person. */
export function rejectsLine(
  { bad, unheld }: { readonly bad: number; readonly unheld: number },
  path: string | undefined,
): string {
  const parts = [
    unheld > 0 ? `the conditions of ${countedText(unheld, 'line')} did not hold` : '',
    bad > 0 ? `${countedText(bad, 'line')} ${bad === 1 ? 'was' : 'were'} refused` : '',
  ].filter((part) => part !== '');
  const where = path === undefined ? '--rejects FILE keeps such lines' : `see ${path}`;
  return `statelog: ${parts.join(', ')}; ${where}`;
}
