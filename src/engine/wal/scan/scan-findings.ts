import { repairHint } from '../../bytes/text/command-hints.js';
import { StatelogError } from '../../errors.js';
import {
  goodIn,
  type DamageClass,
  type Finding,
  type Found,
  type LossSum,
  type LostRecords,
} from '../../finding.js';
import { holderText, type LockHolder } from '../../storage-io/lock/lock-holder.js';
import type { ClosedSegment } from './closed-segment.js';
import type { CauseWords, Gap } from './gap.js';

/** The kinds of bytes after the last acknowledged record. */
export type TailClass = 'torn-tail' | 'zero-tail' | 'in-flight';

const HINT_CUT = 'nothing: the next writer copies it aside and cuts it';
/** The hint for a record of another release: it is whole, so there is nothing to repair. */
const HINT_NEWER = 'a newer statelog may know it; the program that wrote the log does';
const HINT_WAIT = 'nothing: it is being written';

/** Tells which records are lost with a gap, as long as the stream stands there. */
export interface GapLoss {
  of(gap: Gap): LostRecords | undefined;
  /** Adds them to those of the gaps before. */
  addTo(sum: LossSum, gap: Gap): void;
}

/** A gap that is damage. */
export class DamagedGap implements Found {
  readonly severity = 'damage';
  readonly class: DamageClass;
  readonly isForeign: true | undefined;
  readonly offset: number;
  readonly bytes: number;
  readonly #file: string;
  readonly #gap: Gap;
  readonly #coreId: number;
  readonly #loss: GapLoss;

  constructor(file: string, gap: Gap, coreId: number, loss: GapLoss) {
    this.class = gap.cause.class;
    this.isForeign = gap.cause.isForeign;
    this.offset = gap.offset;
    this.bytes = gap.end - gap.offset;
    this.#file = file;
    this.#gap = gap;
    this.#coreId = coreId;
    this.#loss = loss;
  }

  addLost(sum: LossSum): void {
    this.#loss.addTo(sum, this.#gap);
  }

  told(): Finding {
    const { class: damageClass, isForeign, offset, bytes } = this;
    const words = this.#gap.cause.words();
    const lost = this.#loss.of(this.#gap);
    return {
      severity: 'damage',
      class: damageClass,
      file: this.#file,
      offset,
      bytes,
      message: `${words.reason}; ${bytes} bytes hold no good record`,
      hint: isForeign ? HINT_NEWER : repairHint(this.#file),
      ...(isForeign ? { isForeign } : {}),
      ...comparedOf(words),
      ...neighboursOf(this.#gap),
      ...coreOf(this.#coreId),
      ...(lost === undefined ? {} : { lost }),
    };
  }
}

/**
 * The finding for a segment that ends before what it held when it was closed.
 * @param lost undefined where they were told of already
 */
export function missingEnd(
  file: string,
  end: number,
  closedAt: ClosedSegment,
  sequenceDue: bigint,
  coreId: number,
  lost: LostRecords | undefined,
): Finding {
  const missing = closedAt.nextSequence - sequenceDue;
  const records = missing === 1n ? 'the last record is' : `the last ${missing} records are`;
  return {
    severity: 'damage',
    class: 'sequence-gap',
    file,
    offset: end,
    bytes: 0,
    message: `${records} missing: it had ${closedAt.end} bytes when it was closed, and has ${end}`,
    hint: repairHint(file),
    expected: String(closedAt.nextSequence),
    found: String(sequenceDue),
    ...coreOf(coreId),
    ...(lost === undefined ? {} : { lost }),
  };
}

/** An end of a segment that is not whole. */
export interface Tail {
  readonly class: TailClass;
  readonly end: number;
  /** For a record in flight: its possible writer, if only another host can tell. */
  readonly elsewhere?: LockHolder | undefined;
  /** For a torn end: as `Finding.isOneRecord` and `Finding.goodRecords` say. */
  readonly isOneRecord?: boolean | undefined;
  readonly goodRecords?: number | undefined;
}

/** The finding for a gap that reaches to the end and was never acknowledged. */
export function tailFinding(
  file: string,
  gap: Gap,
  { class: tailClass, end, elsewhere, isOneRecord, goodRecords = 0 }: Tail,
  coreId: number,
): Finding {
  const bytes = end - gap.offset;
  const words = gap.cause.words();
  const message: Record<TailClass, string> = {
    'torn-tail': `the last write was not finished: ${words.reason}; no sign that any of the ${bytes} bytes was acknowledged${goodIn(goodRecords)}`,
    'zero-tail': `${bytes} zero bytes follow the last record, as a power cut leaves them`,
    'in-flight':
      elsewhere === undefined
        ? `${bytes} bytes after the last whole record are being written`
        : `${bytes} bytes after the last whole record are being written by ${holderText(elsewhere)}, or are what it left when it died`,
  };
  return {
    severity: tailClass === 'in-flight' ? 'notice' : 'torn',
    class: tailClass,
    file,
    offset: gap.offset,
    bytes,
    message: message[tailClass],
    hint: tailClass === 'in-flight' ? waitHint(elsewhere) : HINT_CUT,
    ...(isOneRecord === true ? { isOneRecord } : {}),
    ...(goodRecords > 0 ? { goodRecords } : {}),
    ...comparedOf(words),
    ...neighboursOf({ ...gap, nextGood: end === gap.end ? gap.nextGood : -1 }),
    ...coreOf(coreId),
  };
}

/**
 * The error of an operation that stops at damage, or at what another release wrote (`UNSUPPORTED_VERSION`).
 * `safe` says what is kept.
 */
export function damageError(finding: Finding, safe: string): StatelogError {
  const code = finding.isForeign ? 'UNSUPPORTED_VERSION' : 'DAMAGED';
  return new StatelogError(code, `${finding.file} at ${finding.offset}: ${finding.message}`, {
    path: finding.file,
    offset: finding.offset,
    class: finding.class,
    hint: finding.hint,
    safe,
    expected: finding.expected,
    found: finding.found,
  });
}

function waitHint(elsewhere: LockHolder | undefined): string {
  if (elsewhere === undefined) return HINT_WAIT;
  const { pid, host } = elsewhere;
  return `look on ${host} whether it lives: ps -p ${pid}; where it does not, or the host is gone, the next writer copies them aside and cuts them, as 'statelog repair' does`;
}

function comparedOf({ expected, found }: CauseWords): Pick<Finding, 'expected' | 'found'> {
  return expected === undefined ? {} : { expected, found };
}

function neighboursOf(gap: Gap): Pick<Finding, 'lastGood' | 'nextGood'> {
  return {
    ...(gap.lastGood < 0 ? {} : { lastGood: gap.lastGood }),
    ...(gap.nextGood < 0 ? {} : { nextGood: gap.nextGood }),
  };
}

/** The part of a finding that names the core, where it is known. */
export function coreOf(coreId: number): Pick<Finding, 'coreId'> {
  return coreId < 0 ? {} : { coreId };
}
