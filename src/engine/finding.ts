import { StatelogError } from './errors.js';

/** The classes of damage, a closed set (docs/errors.md has a row for each). */
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
  'unreadable',
  'foreign-bytes',
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

/** Records of a write-ahead log that are lost at one place. Numbers that may pass 2^53 are decimal text. */
export interface LostRecords {
  /** How many; at least so many, where not both ends of the part are known: 0 where nobody knows whether there were any. */
  readonly records: number;
  readonly isExact: boolean;
  readonly coreId?: number | undefined;
  /** The sequences of the first and of the last of them, as far as the records beside them tell. */
  readonly firstSequence?: string | undefined;
  readonly lastSequence?: string | undefined;
  /** Between which times they were written, in nanoseconds since the Unix epoch: those of the records beside them. */
  readonly afterNs?: string | undefined;
  readonly beforeNs?: string | undefined;
  /** How often numbering began anew in the file before them; absent for never. */
  readonly restarts?: number | undefined;
}

/** One thing that is wrong, or worth knowing, at one place. */
export interface Finding {
  readonly severity: Severity;
  readonly class: DamageClass;
  /** Path of the file or folder. */
  readonly file: string;
  /** Start of the place, in bytes from the start of the file. */
  readonly offset: number;
  /** How many bytes are concerned; 0 where the finding has no extent. */
  readonly bytes: number;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to run next. */
  readonly hint?: string | undefined;
  /** True of whole bytes of a kind that is not known: another release wrote them (exit code 7, and never cut). */
  readonly isForeign?: true | undefined;
  /** True of what the system does not let us read: whether it is good cannot be told (exit code 6). */
  readonly isRefused?: true | undefined;
  /** True of a torn end that can be a single record, longer than what is there of it or bad, with nothing behind it. */
  readonly isOneRecord?: true | undefined;
  /** For a torn end: the number of good records in it. */
  readonly goodRecords?: number | undefined;
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
  /** For damage of a write-ahead log: the records that are lost with it, or with all that it stands for, where that can be told. */
  readonly lost?: LostRecords | undefined;
  /** Set if the finding stands for several of its kind, of which it is the first: how many, and where the last of them ends. */
  readonly more?: { readonly places: number; readonly end: number } | undefined;
}

/** The part of a finding that says of which kind it is, and where. */
export type FoundPlace = Pick<Finding, 'severity' | 'class' | 'isForeign' | 'offset' | 'bytes'>;

/** A finding that is put into words only if somebody asks, as long as its reader stands where it was found. */
export interface Found extends FoundPlace {
  told(): Finding;
  /** Adds the records that are lost with it, where that can be told, to those of the places before it. */
  addLost?(sum: LossSum): void;
}

/** The fields of the good record behind a loss, each as its halves. */
export interface RecordBehind {
  readonly sequenceLow: number;
  readonly sequenceHigh: number;
  readonly timestampLow: number;
  readonly timestampHigh: number;
}

/** Takes the losses of the places of one file, one behind the other. */
export interface LossSum {
  add(next: LostRecords | undefined): void;
  /**
   * Adds a part of the numbering of which both ends are known, before it is put into words.
   * @param restarts how often numbering began anew before it
   * @returns false where it must be given to `add`
   */
  addExact(records: number, restarts: number, behind: RecordBehind): boolean;
}

/** A finding that has its words already. */
export function foundAs(finding: Finding): Found {
  const { severity, class: damageClass, isForeign, offset, bytes } = finding;
  const addLost = (sum: LossSum): void => {
    sum.add(finding.lost);
  };
  return { severity, class: damageClass, isForeign, offset, bytes, told: () => finding, addLost };
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

/** How many whole records an unfinished end has, as the end of a sentence. */
export function goodIn(records: number): string {
  if (records === 0) return '';
  return records === 1 ? ', with one whole record among them' : `, with ${records} whole records among them`;
}

/** How much a recovery cuts by itself: an unfinished group of a batch, and no good part of a log. */
export const LOSS_BYTES_MAX = 1024 * 1024;

/**
 * Refuses to cut more than is allowed. Zeros are no loss. Unless a limit is given, neither is a single record that was being
 * written, however long.
 * @param path the store or log, for the message
 * @param torn what would be cut
 * @throws StatelogError `LOSS_LIMIT`
 */
export function checkLoss(path: string, torn: readonly Finding[], lossBytesMax: number | undefined): void {
  const most = lossBytesMax ?? LOSS_BYTES_MAX;
  const cut = torn.filter(({ class: kind, isOneRecord }) => {
    return kind !== 'zero-tail' && (lossBytesMax !== undefined || isOneRecord !== true);
  });
  const bytes = cut.reduce((sum, finding) => sum + finding.bytes, 0);
  if (bytes <= most) return;
  throw new StatelogError('LOSS_LIMIT', `recovery would cut ${bytes} bytes from its end, more than it may`, {
    path,
    offset: cut[0]?.offset,
    class: cut[0]?.class,
    expected: `at most ${most} bytes`,
    found: `${bytes} bytes`,
    safe: 'nothing was changed',
    hint: `see with 'statelog verify' what it is; --max-loss ${bytes} lets it be copied aside and cut`,
  });
}
