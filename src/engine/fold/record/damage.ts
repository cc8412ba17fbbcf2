import { repairHint, verifyHint } from '../../bytes/text/command-hints.js';
import { StatelogError } from '../../errors.js';
import { goodIn, type DamageClass, type Finding, type Found, type Severity } from '../../finding.js';
import { toHex } from '../../bytes/text/text.js';
import { FORMAT_VERSION, HEADER_BYTES } from '../format/format.js';
import { type BadHeader, headerBytes, isTornHeader } from '../format/header.js';
import { isLogJoinedAt } from './joined-log.js';
import type { OpenLog } from './log-window.js';
import type { RecordFault, FaultKind } from './record-reader.js';

/** The facts about bad bytes beside the bytes themselves. */
export interface FaultPlace {
  readonly torn: boolean;
  /** A writer is at work: what would be torn is being written. */
  readonly inFlight: boolean;
  /** Start of the next record whose checksum holds. */
  readonly resume: number | undefined;
  /** Start of the next good record, unless the reading stops before it. */
  readonly nextGood: number | undefined;
  readonly lastGood: number | undefined;
  /** For a torn end: the number of good records in it that are not shown. */
  readonly goodRecords: number;
}

/** The hint for a record of another release: it is whole, so there is nothing to repair. */
const NEWER_HINT = 'a newer statelog may know it; the program that wrote the log does';

const MESSAGES: Readonly<Record<FaultKind, string>> = {
  short: 'a record reaches past the end of the file',
  'bad-type': 'the bytes are no record: the type is unknown',
  'bad-length': 'a record has a length past its limit',
  checksum: 'a record fails its checksum',
  foreign: 'a record is whole, but its key is not UTF-8',
  unknown: 'a record is whole, and of a release that this program does not know',
  zeros: 'a hole of zeros stands in the middle',
};

/** Bad bytes in a log's records. */
export class BadRecord implements Found {
  readonly severity: Severity;
  readonly class: DamageClass;
  readonly isForeign: true | undefined;
  readonly offset: number;
  readonly bytes: number;
  readonly #log: OpenLog;
  readonly #fault: RecordFault;
  readonly #place: FaultPlace;
  readonly #isHeader: boolean;

  constructor(log: OpenLog, fault: RecordFault, place: FaultPlace) {
    const { torn, inFlight, nextGood } = place;
    this.severity = inFlight ? 'notice' : torn ? 'torn' : 'damage';
    this.#isHeader =
      this.severity === 'damage' && nextGood === fault.offset + HEADER_BYTES && isLogJoinedAt(log, nextGood);
    this.class = this.#isHeader ? 'misplaced' : classOf(fault, place, log.size);
    this.isForeign = fault.kind === 'unknown' ? true : undefined;
    this.offset = fault.offset;
    this.bytes = (nextGood ?? log.size) - fault.offset;
    this.#log = log;
    this.#fault = fault;
    this.#place = place;
  }

  told(): Finding {
    const { class: damageClass, isForeign, offset, bytes } = this;
    const { lastGood, nextGood } = this.#place;
    const compared = this.#isHeader ? undefined : this.#fault.compared?.();
    return {
      ...verdictOn(this.#log, this.#fault, this.#place, bytes),
      ...(this.#isHeader ? { message: JOINED_MESSAGE } : {}),
      class: damageClass,
      ...(isForeign === true ? { isForeign } : {}),
      file: this.#log.path,
      offset,
      bytes,
      expected: compared?.expected,
      found: compared?.found,
      lastGood,
      nextGood,
      ...tornEnd(this.#fault, this.#place),
    };
  }
}

const JOINED_MESSAGE = 'the header of another log stands here: two logs were joined';

function tornEnd({ kind }: RecordFault, { torn, resume, goodRecords }: FaultPlace): Partial<Finding> {
  if (!torn) return {};
  const isOneRecord = kind === 'short' && resume === undefined;
  return { ...(isOneRecord ? { isOneRecord } : {}), ...(goodRecords > 0 ? { goodRecords } : {}) };
}

type Verdict = Pick<Finding, 'severity' | 'message' | 'hint'>;

const GROUP_MESSAGE =
  'the last write is unfinished: a group of changes that belong together, and no cursor behind it';

function verdictOn(
  log: OpenLog,
  fault: RecordFault,
  { torn, inFlight, goodRecords }: FaultPlace,
  bytes: number,
): Verdict {
  if (inFlight) return beingWritten(bytes);
  if (torn) return tornVerdict(`${tornMessage(fault, log.size)}${goodIn(goodRecords)}`);
  const hint = fault.kind === 'unknown' ? NEWER_HINT : repairHint(log.path);
  return { severity: 'damage', message: MESSAGES[fault.kind], hint };
}

/** The finding for an atomic group, from its mark to the end of the log, that is not all there. */
export function groupFinding(
  { path, size }: OpenLog,
  place: Pick<FaultPlace, 'inFlight' | 'lastGood' | 'goodRecords'> & { readonly offset: number },
): Finding {
  const { offset, inFlight, lastGood, goodRecords } = place;
  const bytes = size - offset;
  const verdict = inFlight ? beingWritten(bytes) : tornVerdict(`${GROUP_MESSAGE}${goodIn(goodRecords)}`);
  return {
    class: inFlight ? 'in-flight' : 'torn-tail',
    file: path,
    offset,
    bytes,
    ...verdict,
    ...(goodRecords > 0 && !inFlight ? { goodRecords } : {}),
    ...(lastGood === undefined ? {} : { lastGood }),
  };
}

function beingWritten(bytes: number): Verdict {
  const message = `${bytes} bytes after the last whole record are being written`;
  return { severity: 'notice', message, hint: 'nothing: it is being written' };
}

function tornVerdict(message: string): Verdict {
  return { severity: 'torn', message, hint: 'nothing: the next writer copies it aside and cuts it' };
}

function classOf(fault: RecordFault, { torn, inFlight, resume }: FaultPlace, size: number): DamageClass {
  const { kind, statedEnd } = fault;
  if (inFlight) return 'in-flight';
  if (kind === 'unknown') return 'bad-version';
  if (torn) return kind === 'zeros' && statedEnd === size ? 'zero-tail' : 'torn-tail';
  if (kind === 'short' || kind === 'bad-length') return 'bad-length';
  if (kind !== 'checksum') return 'undecodable';
  // A good record within what this one claims shows that the length was hit, and not the content.
  return resume !== undefined && resume < statedEnd! ? 'bad-length' : 'checksum-mismatch';
}

function tornMessage(fault: RecordFault, size: number): string {
  if (fault.kind === 'zeros' && fault.statedEnd === size) return 'nothing but zeros follows the last record';
  return `the last write is unfinished: ${MESSAGES[fault.kind]}`;
}

const HEADER_MESSAGES: Readonly<Record<BadHeader, string>> = {
  short: 'the file is too short to have a header',
  'bad-magic': 'the file does not start with PGSS',
  'bad-version': 'the log has another version',
};

/** The finding for a header that is not good. */
export function headerFinding(
  path: string,
  header: Uint8Array,
  state: BadHeader,
  nextGood: number | undefined,
): Finding {
  if (isTornHeader(header)) return tornHeader(path, header);
  return {
    severity: 'damage',
    class: state === 'bad-version' ? 'bad-version' : 'bad-header',
    file: path,
    offset: 0,
    bytes: nextGood ?? header.length,
    message: HEADER_MESSAGES[state],
    hint:
      state === 'bad-version'
        ? `this program reads version ${FORMAT_VERSION}`
        : `\`statelog stat ${path}\` tells what the file is`,
    expected: toHex(headerBytes()),
    found: toHex(header),
    nextGood,
  };
}

/**
 * The finding for a log that was cut while it was made, and so never held anything; a log that was cut to
 * nothing looks the same.
 */
function tornHeader(path: string, header: Uint8Array): Finding {
  const isOfZeros = header.length > 0 && header.every((byte) => byte === 0);
  return {
    severity: 'torn',
    class: isOfZeros ? 'zero-tail' : 'torn-tail',
    file: path,
    offset: 0,
    bytes: header.length,
    message: 'the header of the log is not finished: it was being made, or all of it was cut off',
    hint: 'nothing if it was being made: the next writer writes it anew; else put back a copy',
    expected: toHex(headerBytes()),
    found: toHex(header),
    isOneRecord: true,
  };
}

/** The error for a finding that ends the work: `UNSUPPORTED_VERSION` for what another release wrote, else `DAMAGED`. */
export function damagedError(finding: Finding): StatelogError {
  const { file, offset, message, expected, found } = finding;
  const code = finding.isForeign ? 'UNSUPPORTED_VERSION' : 'DAMAGED';
  return new StatelogError(code, `${file}: ${message}, at byte ${offset}`, {
    path: file,
    offset,
    class: finding.class,
    hint: finding.isForeign ? NEWER_HINT : verifyHint(file),
    expected,
    found,
    safe: 'the file is as it was; what is good in it can still be read',
  });
}

/** The error for a header that is not good, where a log was asked for. */
export function headerError(path: string, header: Uint8Array, state: BadHeader): StatelogError {
  const finding = headerFinding(path, header, state, undefined);
  const code = state === 'bad-version' ? 'UNSUPPORTED_VERSION' : 'UNKNOWN_FORMAT';
  return new StatelogError(code, `${path} is no fold log to read: ${finding.message}`, {
    path,
    offset: 0,
    class: finding.class,
    expected: finding.expected,
    found: finding.found,
    hint: finding.hint,
    safe: 'the file is as it was',
  });
}
