import type { DamageClass, Severity } from '../../src/engine/finding.js';

/** What must be said about one place. */
export interface ExpectedFinding {
  readonly severity: Severity;
  readonly class: DamageClass;
  readonly file: string;
  readonly offset: number;
  /** Undefined: any. */
  readonly bytes?: number | undefined;
}

/** Something that was damaged. */
export interface Damaged {
  /** What to verify. */
  readonly path: string;
  /** All that must be said, in this order, and nothing else. */
  readonly findings: readonly ExpectedFinding[];
  readonly exitCode: number;
  /** Lets go of what has to be held meanwhile. */
  readonly release?: (() => void) | undefined;
}

/** One named kind of damage, done to something good. */
export interface DamageCase {
  /** What was done to what; the name of the file or folder that is made. */
  readonly name: string;
  readonly class: DamageClass;
  /** Makes it in an empty folder. */
  readonly make: (folder: string) => Damaged | Promise<Damaged>;
}

/** One finding of damage, and so exit code 3. */
export function damaged(
  path: string,
  damageClass: DamageClass,
  place: { readonly file?: string; readonly offset: number; readonly bytes?: number },
): Damaged {
  return {
    path,
    exitCode: 3,
    findings: [{ severity: 'damage', class: damageClass, file: path, ...place }],
  };
}

/** One torn tail, and so exit code 4. */
export function torn(
  path: string,
  damageClass: 'torn-tail' | 'zero-tail',
  place: { readonly file?: string; readonly offset: number; readonly bytes?: number },
): Damaged {
  return { path, exitCode: 4, findings: [{ severity: 'torn', class: damageClass, file: path, ...place }] };
}

/** Only what is worth knowing, and so exit code 0. */
export function noticed(
  path: string,
  damageClass: DamageClass,
  place: { readonly file?: string; readonly offset: number; readonly bytes?: number },
): Damaged {
  return { path, exitCode: 0, findings: [{ severity: 'notice', class: damageClass, file: path, ...place }] };
}
