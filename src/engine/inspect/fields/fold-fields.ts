import { checksumText, crc32 } from '../../bytes/crc/checksum.js';
import { equalBytes } from '../../bytes/compare.js';
import { readU16, readU32 } from '../../bytes/halves.js';
import { isUtf8 } from '../../bytes/text/text.js';
import {
  CURSOR_TYPE,
  DELETE_TYPE,
  FIELDS_AT,
  FORMAT_VERSION,
  HEADER_BYTES,
  KEY_LENGTH_BYTES,
  MAGIC,
  PUT_TYPE,
  TOKEN_BYTES_MAX,
  TOKEN_LENGTH_BYTES,
  TYPE_AT,
  VALUE_BYTES_MAX,
  VALUE_LENGTH_BYTES,
  VERSION_AT,
} from '../../fold/format/format.js';
import { recordTypeName } from '../../fold/format/record.js';
import {
  fieldsInRow,
  markedAt,
  markedByName,
  unsureWithin,
  type ByteField,
  type FieldPart,
} from './byte-field.js';
import { checksumOf, mended } from './checked-bytes.js';
import type { FileBytes } from './file-bytes.js';
import type { BadSpan } from './segment-fields.js';
import { IEEE } from '../../bytes/crc/polynomial.js';

type Read = (offset: number, length: number) => Uint8Array;

/** The fields of a good record of a fold log. */
export function foldFields(bytes: FileBytes, offset: number): ByteField[] {
  return fieldsInRow(offset, recordParts(bytes.read.bind(bytes), offset, bytes.size));
}

/** The fields of what should be a header or a record of a fold log, and what is wrong with them. */
export function badFoldFields(bytes: FileBytes, span: BadSpan): ByteField[] {
  if (span.offset === 0)
    return [...foldHeaderFields(bytes), ...restOf(Math.min(HEADER_BYTES, span.end), span)];
  const { offset, end } = span;
  const read = bytes.read.bind(bytes);
  if (read(offset, FIELDS_AT).length < FIELDS_AT) {
    return fieldsInRow(offset, [{ name: 'header', bytes: end - offset, isWrong: true }]);
  }
  if (span.class === 'zero-tail') {
    return fieldsInRow(offset, [{ name: 'zeros', bytes: end - offset, isWrong: true }]);
  }
  return statedFields(bytes, span) ?? fieldsUpTo(bytes, span, end) ?? statedAnyhow(bytes, span);
}

/** The fields where the lengths that stand there lead; undefined where they lead nowhere, or more is wrong. */
function statedFields(bytes: FileBytes, span: BadSpan): ByteField[] | undefined {
  const parts = recordParts(bytes.read.bind(bytes), span.offset, span.end);
  if (parts.some(({ isWrong }) => isWrong)) return undefined;
  const end = parts.reduce((sum, part) => sum + part.bytes, span.offset);
  return fieldsUpTo(bytes, span, end);
}

/** The fields of a record that ends at `recordEnd`, but for one turned bit; undefined where more is wrong. */
function fieldsUpTo(bytes: FileBytes, span: BadSpan, recordEnd: number): ByteField[] | undefined {
  const { offset } = span;
  const stored = readU32(bytes.read(offset, TYPE_AT), 0);
  const checked = { from: offset + TYPE_AT, length: recordEnd - offset - TYPE_AT };
  const computed = checksumOf(crc32, bytes, checked.from, checked.length);
  const mending = mended(IEEE, bytes, checked, stored ^ computed);
  if (mending === undefined) return undefined;
  const fields = fieldsInRow(offset, recordParts(mending.read, offset, recordEnd));
  const marked =
    mending.at === undefined
      ? markedByName(fields, 'checksum', mending.text)
      : markedAt(fields, mending.at, mending.text);
  return [...marked, ...restOf(recordEnd, span)];
}

/** The fields as the lengths say, whatever is wrong with them: only the first length certainly is one. */
function statedAnyhow(bytes: FileBytes, span: BadSpan): ByteField[] {
  const { offset, end } = span;
  const stated = fieldsInRow(offset, recordParts(bytes.read.bind(bytes), offset, end));
  const fields = unsureWithin(stated, offset + FIELDS_AT + KEY_LENGTH_BYTES, end);
  const recordEnd = fields.reduce((sum, field) => sum + field.bytes, offset);
  if (fields.some(({ isWrong }) => isWrong)) return [...fields, ...restOf(recordEnd, span)];
  const computed = checksumOf(crc32, bytes, offset + TYPE_AT, recordEnd - offset - TYPE_AT);
  const isRight = computed === readU32(bytes.read(offset, TYPE_AT), 0);
  const marked = isRight ? fields : markedByName(fields, 'checksum', `computed ${checksumText(computed)}`);
  return [...marked, ...restOf(recordEnd, span)];
}

/** The fields of a fold log's header, and what is wrong with them. */
export function foldHeaderFields(bytes: FileBytes): ByteField[] {
  const header = bytes.read(0, HEADER_BYTES);
  const isShort = header.length < HEADER_BYTES;
  if (isShort) return fieldsInRow(0, [{ name: 'header', bytes: header.length, isWrong: true }]);
  const version = readU16(header, VERSION_AT);
  const isOurs = equalBytes(header.subarray(0, VERSION_AT), MAGIC);
  return fieldsInRow(0, [
    {
      name: 'magic',
      bytes: VERSION_AT,
      isWrong: !isOurs,
      text: isOurs ? '' : 'should be PGSS',
    },
    {
      name: 'formatVersion',
      bytes: HEADER_BYTES - VERSION_AT,
      isWrong: version !== FORMAT_VERSION,
      text: String(version),
    },
  ]);
}

function restOf(offset: number, { end }: BadSpan): ByteField[] {
  if (offset >= end) return [];
  return fieldsInRow(offset, [{ name: 'unknown', bytes: end - offset, isWrong: true, holdsValue: true }]);
}

/** The parts of a record as its lengths say, up to the first that cannot be. */
function recordParts(read: Read, offset: number, end: number): FieldPart[] {
  const head = read(offset, FIELDS_AT);
  const type = head[TYPE_AT] ?? 0;
  const parts: FieldPart[] = [
    { name: 'checksum', bytes: TYPE_AT, text: checksumText(readU32(head, 0)) },
    {
      name: 'type',
      bytes: FIELDS_AT - TYPE_AT,
      isWrong: type < PUT_TYPE || type > CURSOR_TYPE,
      text: type < PUT_TYPE || type > CURSOR_TYPE ? `${type}: no record` : recordTypeName(type),
    },
  ];
  const row = new PartRow(read, offset + FIELDS_AT, end, parts);
  if (type === PUT_TYPE || type === DELETE_TYPE) {
    row.counted('key', KEY_LENGTH_BYTES, Infinity);
    if (type === PUT_TYPE) row.counted('value', VALUE_LENGTH_BYTES, VALUE_BYTES_MAX);
    row.counted('version', TOKEN_LENGTH_BYTES, TOKEN_BYTES_MAX);
  } else if (type === CURSOR_TYPE) {
    row.counted('cursor', TOKEN_LENGTH_BYTES, TOKEN_BYTES_MAX);
  }
  return parts;
}

/** Adds parts that a length stands before, until one cannot be. */
class PartRow {
  readonly #read: Read;
  readonly #end: number;
  readonly #parts: FieldPart[];
  #at: number;
  #isOver = false;

  constructor(read: Read, at: number, end: number, parts: FieldPart[]) {
    this.#read = read;
    this.#at = at;
    this.#end = end;
    this.#parts = parts;
  }

  counted(name: string, lengthBytes: number, max: number): void {
    if (this.#isOver) return;
    const bytes = this.#read(this.#at, lengthBytes);
    if (this.#at + lengthBytes > this.#end || bytes.length < lengthBytes) {
      this.#isOver = true;
      return;
    }
    const length = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
    const start = this.#at + lengthBytes;
    const past = start + length - this.#end;
    this.#isOver = length > max || past > 0;
    const why = length > max ? `: at most ${max}` : past > 0 ? `: ends ${past} bytes past the end` : '';
    this.#parts.push({
      name: `${name}Length`,
      bytes: lengthBytes,
      isWrong: this.#isOver,
      text: `${length}${why}`,
    });
    if (this.#isOver) return;
    const isText = name !== 'key' || isUtf8(this.#read(start, length));
    this.#parts.push({
      name,
      bytes: length,
      isWrong: !isText,
      text: isText ? '' : 'not UTF-8',
      holdsValue: name === 'value',
    });
    this.#at = start + length;
  }
}
