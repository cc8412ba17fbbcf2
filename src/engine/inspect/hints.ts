import {
  commandText,
  cutHint,
  mendHint,
  missingHint,
  repairHint,
  replayHint,
} from '../bytes/text/command-hints.js';
import { StateDirectory } from '../directory/state-directory.js';
import { isStatelogError } from '../errors.js';
import type { DamageClass, Finding } from '../finding.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';

/** The hints for findings; undefined: those of the findings themselves. */
export interface Hints {
  readonly damage: string;
  /** About damage that a repair undoes where it is asked to mend. */
  readonly mend?: string | undefined;
  readonly torn?: string | undefined;
  /** About records that are not there, with nothing bad where they should be; default: as about damage. */
  readonly gap?: string | undefined;
  /** About a file that is not there. */
  readonly missing?: string | undefined;
}

/** Hints for loose segments: they have no next writer, and missing records stay missing. */
export function looseHints(path: string): Hints {
  return { damage: repairHint(path), mend: mendHint(path), torn: cutHint(path), gap: replayHint(path) };
}

/** Hints for the parts that a state directory consists of now. */
export function mendHints(root: string): Hints {
  return { damage: repairHint(root), mend: mendHint(root), missing: missingHint(root) };
}

/**
 * Hints for a checkpoint or a log that a state directory keeps and does not need, as long as what it consists of now can be opened:
 * else nothing is let go of, and a repair needs every part. That is looked for at the first finding.
 */
export function dropHints(fileSystem: FileSystem, root: string): Hints {
  const command = commandText('statelog', 'checkpoint', root, '--keep', '1');
  const hint = `a newer checkpoint holds all that is needed; ${command} lets go of this`;
  let hints: Hints | undefined;
  const lazily = (): Hints =>
    (hints ??= canBeOpened(fileSystem, root) ? { damage: hint, missing: hint } : mendHints(root));
  return {
    get damage() {
      return lazily().damage;
    },
    get mend() {
      return lazily().mend;
    },
    get missing() {
      return lazily().missing;
    },
  };
}

function canBeOpened(fileSystem: FileSystem, root: string): boolean {
  try {
    StateDirectory.openReadOnly(root, { fileSystem, mapping: 'never' }).close();
    return true;
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return false;
  }
}

/** Adds a hint to a finding: the reader of a file knows only that file, and not what it is a part of. */
export function withHint(finding: Finding, hints: Hints): Finding {
  return { ...finding, hint: hintOf(finding, hints) };
}

/** Classes of records that are not there: no repair brings them back. */
const ARE_MISSING: readonly DamageClass[] = ['sequence-gap', 'missing-barrier'];

function hintOf(
  { severity, class: damageClass, isForeign, hint }: Finding,
  hints: Hints,
): string | undefined {
  if (severity === 'torn') return hints.torn ?? hint;
  if (severity === 'notice' || isForeign || damageClass === 'unreadable') return hint;
  if (damageClass === 'missing-file' || damageClass === 'missing-segment') return hints.missing ?? hint;
  return ARE_MISSING.includes(damageClass) ? (hints.gap ?? hints.damage) : hints.damage;
}
