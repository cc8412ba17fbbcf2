/** The classes of damage, a closed set (docs/errors.md has a paragraph for each). */
export const DAMAGE_CLASSES = [
  'torn-tail',
  'zero-tail',
  'in-flight',
  'checksum-mismatch',
  'bad-length',
  'undecodable',
  'sequence-gap',
  'sequence-repeat',
  'wrong-core',
  'misplaced-epoch',
  'misplaced',
  'time-backwards',
  'missing-barrier',
  'missing-segment',
  'index-mismatch',
  'value-mismatch',
  'bad-offset',
  'bad-header',
  'bad-version',
  'digest-mismatch',
  'unlisted-file',
  'missing-file',
  'cursor-mismatch',
  'leftover',
  'broken-copy',
  'open-to-all',
  'unchecked',
] as const;

/** One of the closed set of damage classes. */
export type DamageClass = (typeof DAMAGE_CLASSES)[number];

/**
 * How bad a finding is: `damage` (something that was durable is lost or wrong, exit code 3),
 * `torn` (an unfinished last write, exit code 4), `notice` (worth knowing, exit code 0).
 */
export type Severity = 'damage' | 'torn' | 'notice';

/** One thing that is wrong, or worth knowing, at one place. */
export interface Finding {
  readonly severity: Severity;
  readonly class: DamageClass;
  /** Path of the file or folder. */
  readonly file: string;
  /** Where it starts, in bytes from the start of the file. */
  readonly offset: number;
  /** How many bytes are concerned; 0 where the finding has no extent. */
  readonly bytes: number;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to run next. */
  readonly hint?: string | undefined;
  /** True of whole bytes of a kind that is not known: another release wrote them (exit code 7, and never cut). */
  readonly isForeign?: true | undefined;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
  /** Offset of the last good record before, and of the next good one after. */
  readonly lastGood?: number | undefined;
  readonly nextGood?: number | undefined;
  readonly coreId?: number | undefined;
  /** Decimal. */
  readonly epoch?: string | undefined;
  /** Decimal. */
  readonly sequence?: string | undefined;
}

/** The notice of a last write that was not finished, and was cut: `copy` is where it lies now. */
export function cutNotice(
  file: string,
  tail: Pick<Finding, 'offset' | 'bytes' | 'class'> & { readonly copy: string },
): Finding {
  const { offset, bytes, class: kind, copy } = tail;
  const message = `an unfinished last write of ${bytes} bytes was copied to ${copy} and cut`;
  return { severity: 'notice', class: kind, file, offset, bytes, message };
}
