import { commandText, cutHint, missingHint, repairHint, replayHint } from '../bytes/text/command-hints.js';
import type { Finding } from '../finding.js';

/** What to do about findings; undefined: as they say themselves. */
export interface Hints {
  readonly damage: string;
  readonly torn?: string | undefined;
  /** About records that are not there, with nothing bad where they should be; default: as about damage. */
  readonly gap?: string | undefined;
  /** About a file that is not there. */
  readonly missing?: string | undefined;
}

/** Of segments by themselves: they have no next writer, and what is missing in them stays missing. */
export function looseHints(path: string): Hints {
  return { damage: repairHint(path), torn: cutHint(path), gap: replayHint(path) };
}

/** Of what a state directory is made of now. */
export function mendHints(root: string): Hints {
  return { damage: repairHint(root), missing: missingHint(root) };
}

/** Of a checkpoint or a log that a state directory keeps, and does not need. */
export function dropHints(root: string): Hints {
  const command = commandText('statelog', 'checkpoint', root, '--keep', '1');
  const hint = `a newer checkpoint holds all that is needed; ${command} lets go of this`;
  return { damage: hint, missing: hint };
}

/** The same finding with what to do about it: whoever read the file knows it alone, and not what it is a part of. */
export function withHint(finding: Finding, hints: Hints): Finding {
  return { ...finding, hint: hintOf(finding, hints) };
}

function hintOf(
  { severity, class: damageClass, isForeign, hint }: Finding,
  hints: Hints,
): string | undefined {
  if (severity === 'torn') return hints.torn ?? hint;
  if (severity === 'notice' || isForeign) return hint;
  if (damageClass === 'missing-file' || damageClass === 'missing-segment') return hints.missing ?? hint;
  return damageClass === 'sequence-gap' ? (hints.gap ?? hints.damage) : hints.damage;
}
