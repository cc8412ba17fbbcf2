import {
  commandText,
  cutHint,
  mendHint,
  missingHint,
  repairHint,
  replayHint,
} from '../bytes/text/command-hints.js';
import { DirectoryLayout } from '../directory/manifest/layout.js';
import { readManifest } from '../directory/manifest/manifest-file.js';
import { newestCheckpoint } from '../directory/manifest/manifest.js';
import { openCheckpoint } from '../directory/read/open-checkpoint.js';
import { StateDirectory } from '../directory/state-directory.js';
import { isStatelogError } from '../errors.js';
import type { DamageClass, Finding } from '../finding.js';
import { checkStateFile } from '../state/read/state-file-check.js';
import type { StateFile } from '../state/read/state-file.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { closeEach } from '../storage-io/whole/close-each.js';

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
 * Hints for a checkpoint or a log that a state directory keeps and does not need, as long as what it consists of now can be opened
 * and is sound: else nothing is let go of, and a repair needs every part. That is looked for at the first finding.
 */
export function dropHints(fileSystem: FileSystem, root: string): Hints {
  const command = commandText('statelog', 'checkpoint', root, '--keep', '1');
  const hint = `a newer checkpoint holds all that is needed; ${command} lets go of this`;
  let hints: Hints | undefined;
  const lazily = (): Hints =>
    (hints ??= isNeededSound(fileSystem, root) ? { damage: hint, missing: hint } : mendHints(root));
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

/** Whether the live log and the newest checkpoint can be read, each value of it among them: a writer would not look at those. */
function isNeededSound(fileSystem: FileSystem, root: string): boolean {
  try {
    StateDirectory.openReadOnly(root, { fileSystem, mapping: 'never' }).close();
    const layout = new DirectoryLayout(root);
    const manifest = readManifest(fileSystem, layout);
    const newest = newestCheckpoint(manifest);
    const open = { fileSystem, layout, manifest, mapping: 'never' } as const;
    return newest === undefined || areSound(fileSystem, openCheckpoint(open, newest));
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return false;
  }
}

/** Checks the cores of a checkpoint up to the first finding, and closes all of them. */
function areSound(fileSystem: FileSystem, cores: readonly StateFile[]): boolean {
  try {
    return cores.every((core) => checkStateFile(core, { fileSystem, values: true }).next().done === true);
  } finally {
    closeEach(cores);
  }
}

/**
 * Hints for findings of loose segments as they come. Once one is told about bytes that a repair may place or read, it is the repair
 * that is named about records that are missing, since they may be among those; and beside damage an unfinished end is not cut in
 * place.
 */
export class HintsInTurn {
  /** Whether a finding was taken that a repair may bring records back of. */
  isRepairDue = false;
  readonly #hints: Hints;
  #isDamaged = false;

  constructor(hints: Hints) {
    this.#hints = hints;
  }

  /** The hints for what comes after the findings that were taken. */
  get current(): Hints {
    const { damage, gap, torn } = this.#hints;
    return {
      ...this.#hints,
      gap: this.isRepairDue ? undefined : gap,
      torn: torn !== undefined && this.#isDamaged ? damage : torn,
    };
  }

  /** True for a finding whose hint depends on those that are still to come. */
  isOpenFor(finding: Finding): boolean {
    if (this.isRepairDue || this.#hints.gap === undefined) return false;
    return isOfMissingRecords(finding) || finding.severity === 'torn';
  }

  take(finding: Finding): void {
    if (finding.severity === 'damage') this.#isDamaged = true;
    if (mayHoldRecords(finding)) this.isRepairDue = true;
  }
}

/** Adds a hint to a finding: the reader of a file knows only that file, and not what it is a part of. */
export function withHint(finding: Finding, hints: Hints): Finding {
  return { ...finding, hint: hintOf(finding, hints) };
}

/** Classes of records that are not there: no repair brings them back, unless something stands in their place. */
const ARE_MISSING: readonly DamageClass[] = ['sequence-gap', 'missing-barrier'];

function isOfMissingRecords({ severity, class: damageClass, bytes }: Finding): boolean {
  return severity === 'damage' && ARE_MISSING.includes(damageClass) && bytes === 0;
}

/** True for what a repair may bring records back of: damage of any other kind, and what lies elsewhere. */
function mayHoldRecords(finding: Finding): boolean {
  if (finding.severity === 'damage') return !isOfMissingRecords(finding);
  return finding.class === 'misplaced';
}

function hintOf(finding: Finding, hints: Hints): string | undefined {
  const { severity, class: damageClass, isForeign, hint } = finding;
  if (severity === 'torn') return hints.torn ?? hint;
  if (severity === 'notice' || isForeign || damageClass === 'unreadable') return hint;
  if (damageClass === 'missing-file' || damageClass === 'missing-segment') return hints.missing ?? hint;
  return isOfMissingRecords(finding) ? (hints.gap ?? hints.damage) : hints.damage;
}
