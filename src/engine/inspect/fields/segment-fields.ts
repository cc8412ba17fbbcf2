import { checksumText, crc32c } from '../../bytes/crc/checksum.js';
import { CASTAGNOLI } from '../../bytes/crc/polynomial.js';
import { readU32 } from '../../bytes/halves.js';
import type { DamageClass } from '../../finding.js';
import { ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';
import { HEADER, isPlausibleLength, RECORD_HEADER_BYTES } from '../../wal/format/record.js';
import { entryLengthOfRoot, hasShapeOfRoot, NO_ROOT } from '../../wal/format/root-shape.js';
import { fieldsInRow, markedAt, markedByName, unsureWithin, type ByteField } from './byte-field.js';
import { checksumOf, mended, type Mending } from './checked-bytes.js';
import { entryParts } from './entry-parts.js';
import type { FileBytes } from './file-bytes.js';

/** Bytes that hold no good record. */
export interface BadSpan {
  readonly offset: number;
  /** Start of the next good record, or end of the file. */
  readonly end: number;
  /** Whether a good record starts at `end`. */
  readonly isFollowed: boolean;
  readonly class: DamageClass;
}

/** The most records to make out in bytes that hold no good one. */
const RECORDS_MAX = 4;

/** The field that is wrong in a record that is whole, and does not belong where it stands. */
const FIELD_OF_CLASS: Partial<Readonly<Record<DamageClass, string>>> = {
  'wrong-core': 'coreId',
  'misplaced-epoch': 'epoch',
  'sequence-gap': 'sequence',
  'sequence-repeat': 'sequence',
};

/** The fields of a good record of a segment. */
export function segmentFields(bytes: FileBytes, offset: number): ByteField[] {
  const length = readU32(bytes.read(offset, RECORD_HEADER_BYTES), HEADER.length);
  return fieldsOf(bytes.read.bind(bytes), offset, length);
}

/** The fields of a record that is whole and does not belong where it stands, the one that says so marked. */
export function misplacedFields(bytes: FileBytes, offset: number, damageClass: DamageClass): ByteField[] {
  const fields = segmentFields(bytes, offset);
  const closes = damageClass === 'misplaced-epoch' && fields.some(({ name }) => name === 'barrierEpoch');
  return closes ? markedByName(fields, 'barrierEpoch', 'not its own epoch') : suspected(fields, damageClass);
}

/** The fields of what should be records, as far as they can be made out, and what is wrong with them. */
export function badSegmentFields(bytes: FileBytes, span: BadSpan): ByteField[] {
  if (span.class === 'zero-tail') {
    return fieldsInRow(span.offset, [{ name: 'zeros', bytes: span.end - span.offset, isWrong: true }]);
  }
  const fields: ByteField[] = [];
  const suspect = FIELD_OF_CLASS[span.class];
  let strange: string | undefined;
  let at = span.offset;
  for (let count = 0; count < RECORDS_MAX && at < span.end; count++) {
    const record = makeOut(bytes, at, span);
    if (record === undefined) break;
    const said = record.fields.find(({ name }) => name === suspect)?.text;
    strange ??= said;
    // Records behind the first that say the same do not belong here either.
    const isStrange = suspect !== undefined && said === strange;
    fields.push(...(isStrange ? suspected(record.fields, span.class) : record.fields));
    at = record.end;
  }
  const last = lastRecord(bytes, at, span);
  const rest = fieldsOfRest(bytes, at, { ...span, end: last?.[0]?.offset ?? span.end });
  return [...fields, ...rest, ...(last ?? [])];
}

/** The record right before the next good one, where its root tells where it begins; undefined where that is before `low`. */
function lastRecord(bytes: FileBytes, low: number, span: BadSpan): ByteField[] | undefined {
  const rootAt = span.end - ROOT_BYTES;
  if (!span.isFollowed || rootAt < low) return undefined;
  const length = entryLengthOfRoot(bytes.read(rootAt, ROOT_BYTES), 0);
  const at = span.end - length - RECORD_HEADER_BYTES;
  if (length <= 0 || at <= low) return undefined;
  const stated = readU32(bytes.read(at, RECORD_HEADER_BYTES), HEADER.length);
  return withLength(bytes, at, length, span, length !== stated).fields;
}

/** The field that a class of damage is about, marked. */
function suspected(fields: ByteField[], damageClass: DamageClass): ByteField[] {
  const name = FIELD_OF_CLASS[damageClass];
  return name === undefined ? fields : markedByName(fields, name, 'does not belong here');
}

/** A record that was made out in bad bytes; the surer, the higher `fit` is. */
interface MadeOut {
  readonly fields: ByteField[];
  readonly end: number;
  readonly fit: number;
}

/** The record that starts at `at`: of the length that it states, or up to the next good one. */
function makeOut(bytes: FileBytes, at: number, span: BadSpan): MadeOut | undefined {
  const header = bytes.read(at, RECORD_HEADER_BYTES);
  if (header.length < RECORD_HEADER_BYTES) return undefined;
  const stated = readU32(header, HEADER.length);
  const room = span.end - at - RECORD_HEADER_BYTES;
  const candidates = span.isFollowed && room !== stated ? [stated, room] : [stated];
  const records = candidates
    .filter((length) => isPlausibleLength(length) && length <= room)
    .map((length) => withLength(bytes, at, length, span, length !== stated))
    .sort((a, b) => b.fit - a.fit);
  return records[0] !== undefined && records[0].fit > 0 ? records[0] : undefined;
}

function withLength(
  bytes: FileBytes,
  at: number,
  length: number,
  span: BadSpan,
  isLengthWrong: boolean,
): MadeOut {
  const data = at + RECORD_HEADER_BYTES;
  const end = data + length;
  const stored = readU32(bytes.read(at, RECORD_HEADER_BYTES), HEADER.crc);
  const computed = checksumOf(crc32c, bytes, data, length);
  const mending = mended(CASTAGNOLI, bytes, { from: data, length }, stored ^ computed);
  let fields = fieldsOf(mending?.read ?? bytes.read.bind(bytes), at, length);
  if (isLengthWrong) fields = markedByName(fields, 'length', `should be ${length}`);
  if (computed === stored) return { fields, end, fit: 4 };
  fields = withChecksum(fields, computed, mending);
  if (mending === undefined) fields = unsureWithin(fields, data, end - ROOT_BYTES);
  const root = bytes.read(end - ROOT_BYTES, ROOT_BYTES);
  if (mending !== undefined) return { fields, end, fit: 3 };
  // Where its length may be right, or the record before the next good one has a length of its own, not all that lies here is one.
  const stated = readU32(bytes.read(at, RECORD_HEADER_BYTES), HEADER.length);
  const isOne = !isLengthWrong || (!isPlausibleLength(stated) && entryLengthOfRoot(root, 0) === NO_ROOT);
  const mayBeAll = end === span.end && span.isFollowed && isOne;
  return { fields, end, fit: hasShapeOfRoot(root, 0, length) ? 2 : mayBeAll ? 1 : 0 };
}

function withChecksum(fields: ByteField[], computed: number, mending: Mending | undefined): ByteField[] {
  const said = `computed ${checksumText(computed)}`;
  if (mending === undefined) return markedByName(fields, 'checksum', said);
  if (mending.at === undefined) return markedByName(fields, 'checksum', `${said}; ${mending.text}`);
  return markedAt(fields, mending.at, mending.text);
}

/** Bytes in which no record can be made out: the first eight are still a header's. */
function fieldsOfRest(bytes: FileBytes, at: number, span: BadSpan): ByteField[] {
  const rest = span.end - at;
  const header = bytes.read(at, Math.min(rest, RECORD_HEADER_BYTES));
  if (rest === 0) return [];
  if (header.length < RECORD_HEADER_BYTES) {
    return fieldsInRow(at, [
      {
        name: 'header',
        bytes: header.length,
        isWrong: true,
        text: `${header.length} of ${RECORD_HEADER_BYTES} bytes`,
      },
    ]);
  }
  const stated = readU32(header, HEADER.length);
  const missing = stated - (rest - RECORD_HEADER_BYTES);
  const isPlausible = isPlausibleLength(stated);
  const isUnfinished = isPlausible && missing > 0 && !span.isFollowed;
  const past = `ends ${missing} bytes past ${span.isFollowed ? 'where the next record begins' : 'the end'}`;
  const text = isPlausible && missing > 0 ? `${stated}: ${past}` : String(stated);
  const behind = isPlausible && missing < 0 ? -missing : 0;
  return fieldsInRow(at, [
    { name: 'length', bytes: HEADER.crc, isWrong: !isPlausible || missing > 0, text },
    { name: 'checksum', bytes: RECORD_HEADER_BYTES - HEADER.crc },
    isUnfinished
      ? { name: 'unfinished', bytes: rest - RECORD_HEADER_BYTES, holdsValue: true }
      : { name: 'unknown', bytes: rest - RECORD_HEADER_BYTES - behind, isWrong: true, holdsValue: true },
    { name: 'unknown', bytes: behind, isWrong: true, holdsValue: true },
  ]);
}

type Read = (offset: number, length: number) => Uint8Array;

function fieldsOf(read: Read, offset: number, length: number): ByteField[] {
  const header = read(offset, RECORD_HEADER_BYTES);
  const contentBytes = length - ROOT_BYTES;
  const root = read(offset + RECORD_HEADER_BYTES + contentBytes, ROOT_BYTES);
  return fieldsInRow(offset, [
    { name: 'length', bytes: HEADER.crc, text: String(readU32(header, HEADER.length)) },
    {
      name: 'checksum',
      bytes: RECORD_HEADER_BYTES - HEADER.crc,
      text: checksumText(readU32(header, HEADER.crc)),
    },
    ...entryParts(root, contentBytes),
  ]);
}
