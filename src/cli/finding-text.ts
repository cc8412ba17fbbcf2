import type { Finding } from '../engine/finding.js';
import { visibleText } from './visible-text.js';

/** A finding as one line for people: how bad, which class, where, what it is, and what to run next. */
export function findingText(finding: Finding): string {
  const { severity, class: kind, file, offset, bytes, message, hint, expected, found } = finding;
  const extent = bytes === 0 ? `byte ${offset}` : `byte ${offset}, ${bytes} bytes`;
  const compared = expected === undefined ? '' : ` (expected ${expected}, found ${found ?? 'nothing'})`;
  const next = hint === undefined ? '' : `; ${hint}`;
  return visibleText(`${severity}: ${kind}: ${file}, ${extent}: ${message}${compared}${next}`);
}
