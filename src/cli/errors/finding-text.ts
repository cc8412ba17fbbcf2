import type { Finding } from '../../engine/finding.js';
import { lostText } from '../text/lost-text.js';
import { visibleText } from '../terminal/shown/visible-text.js';

/** A finding as one line for people: how bad, which class, where, what it is, and what to run next. */
export function findingText(finding: Finding): string {
  const { severity, hint } = finding;
  const next = hint === undefined ? '' : visibleText(`; ${hint}`);
  return `${severity}: ${findingParts(finding, true).what}${next}`;
}

/**
 * The text of a finding in two parts, the severity left out: the fault, and the command to run next.
 * @param isNamed whether the file is named; false where it stands above
 */
export function findingParts(
  { class: kind, file, offset, bytes, message, hint, expected, found, lost }: Finding,
  isNamed: boolean,
): { readonly what: string; readonly hint: string | undefined } {
  const extent = bytes === 0 ? `byte ${offset}` : `byte ${offset}, ${bytes} bytes`;
  const compared = expected === undefined ? '' : ` (expected ${expected}, found ${found ?? 'nothing'})`;
  const place = isNamed ? `${file}, ${extent}` : extent;
  const missing = lost === undefined ? '' : `; ${lostText(lost)}`;
  return {
    what: visibleText(`${kind}: ${place}: ${message}${compared}${missing}`),
    hint: hint === undefined ? undefined : visibleText(hint),
  };
}
