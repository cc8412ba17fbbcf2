import { parseJsonLine, type JsonFields } from '../../engine/bytes/text/json-line.js';
import { plainEntry } from '../../engine/bytes/text/plain-line.js';
import { fromUtf8, isUtf8 } from '../../engine/bytes/text/text.js';
import { decodeText, type Encoding, type Encodings } from '../values/encoding.js';
import {
  conditionOf,
  type CursorMove,
  type KeyChange,
  parseKeyOperation,
  plainPut,
} from '../operation/key-operation.js';
import { refused, refusedAs } from '../operation/refusal.js';
import { keyOf } from '../operation/request-fields.js';
import { readField } from '../text/field-escapes.js';

/** The request that one line of a batch makes. */
export type BatchOperation = KeyChange | CursorMove;

/** The lines that an NDJSON export starts and ends with: they ask for nothing, and tell whether it was cut. */
export type ExportFrame = 'export-start' | 'export-end';

/** How the lines of a batch are read. */
export interface BatchFormat {
  readonly encodings: Encodings;
  /** `key<TAB>value` lines instead of JSON. */
  readonly tsv: boolean;
  /** `delete`: every line names a key to delete, and its value is not looked at. */
  readonly command: 'put' | 'delete';
}

const TAB = 0x09;
const CARRIAGE_RETURN = 0x0d;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
/** Bytes that JSON takes for blank. */
const BLANKS: readonly number[] = [0x20, 0x09, 0x0d];
/** A longer line that is no object is not looked at any closer. */
const SHOWN_BYTES_MAX = 64 * 1024;

/**
 * Parses a line; undefined for a blank one in JSON.
 * @param line without its line end; keys and values may lie within it
 * @param number the line's number from 1, for the error
 * @throws StatelogError `INVALID_LINE`
 */
export function parseBatchLine(
  line: Uint8Array,
  number: number,
  format: BatchFormat,
): BatchOperation | ExportFrame | undefined {
  try {
    return format.tsv ? parseTabbed(line, format) : parseJson(line, format);
  } catch (error) {
    throw refusedAs(`line ${number}`, error, { line: number });
  }
}

/**
 * The key that a line names, whatever else is on it; undefined for a line that names none: a blank one in JSON, a cursor, the
 * frame of an export.
 * @throws StatelogError `INVALID_LINE`
 */
export function parseKeyLine(
  line: Uint8Array,
  number: number,
  { tsv, encodings }: Pick<BatchFormat, 'tsv' | 'encodings'>,
): Uint8Array | undefined {
  try {
    if (tsv) return tabbedKey(line, encodings);
    const fields = parseJsonLine(line);
    if (fields === undefined) refuseUnlessBlank(line);
    const isOther = fields === undefined || frameOf(fields) !== undefined;
    return isOther || impliedOperation(fields) === 'cursor' ? undefined : keyOf(fields, encodings);
  } catch (error) {
    throw refusedAs(`line ${number}`, error, { line: number });
  }
}

function tabbedKey(line: Uint8Array, encodings: Encodings): Uint8Array {
  const tab = line.indexOf(TAB);
  return tabbedField(tab === -1 ? line : line.subarray(0, tab), encodings.key, 'key');
}

/** Such lines are looked through by hand: a call into native code for each field takes longer. */
const SHORT_BYTES_MAX = 1024;

/** A put whose key and value stand in the line as they are, as most do; undefined for any other line. */
function parsePlain(line: Uint8Array, format: BatchFormat): BatchOperation | undefined {
  if (!takesPlain(format) || line.length > SHORT_BYTES_MAX) return undefined;
  const tab = plainEnd(line, 0);
  if (tab === line.length || line[tab] !== TAB || plainEnd(line, tab + 1) < line.length) return undefined;
  return plainPut(line.subarray(0, tab), line.subarray(tab + 1));
}

/** True if the text of a line is what is put. */
function takesPlain({ encodings, command }: BatchFormat): boolean {
  return encodings.key === 'utf8' && encodings.value === 'utf8' && command === 'put';
}

/** Finds the first byte, from a place on, that does not stand for itself; returns the line's end where all do. */
function plainEnd(line: Uint8Array, start: number): number {
  for (let at = start; at < line.length; at++) {
    const byte = line[at];
    if (byte === TAB || byte === BACKSLASH || byte === CARRIAGE_RETURN) return at;
  }
  return line.length;
}

function parseTabbed(line: Uint8Array, format: BatchFormat): BatchOperation {
  const plain = parsePlain(line, format);
  if (plain !== undefined) return plain;
  const { encodings, command } = format;
  const tab = line.indexOf(TAB);
  if (tab === -1 && command === 'put') throw refused('it has no TAB between a key and a value');
  const key = tabbedKey(line, encodings);
  if (command === 'delete') return { op: 'delete', key, ...UNCONDITIONAL };
  const value = line.subarray(tab + 1);
  if (value.includes(TAB)) throw refused('it has a second TAB', 'a TAB within a key or a value is \\t');
  return plainPut(key, tabbedField(value, encodings.value, 'value'));
}

function tabbedField(field: Uint8Array, encoding: Encoding, name: string): Uint8Array {
  if (encoding === 'utf8') {
    const bytes = readField(field);
    if (bytes === undefined) {
      throw refused(
        `its ${name} has an unknown escape or ends with a carriage return`,
        'escapes are \\t \\n \\r \\\\ and \\xHH',
      );
    }
    return bytes;
  }
  const bytes = decodeText(fromUtf8(field) ?? '?', encoding);
  if (bytes === undefined) throw refused(`its ${name} is not ${encoding}`);
  return bytes;
}

function parseJson(line: Uint8Array, format: BatchFormat): BatchOperation | ExportFrame | undefined {
  const plain = takesPlain(format) ? plainEntry(line) : undefined;
  if (plain !== undefined) return plainPut(plain.key, plain.value);
  const fields = parseJsonLine(line);
  if (fields === undefined) {
    refuseUnlessBlank(line);
    return undefined;
  }
  const frame = frameOf(fields);
  if (frame !== undefined) return frame;
  const { command, encodings } = format;
  const op = fields['op'] ?? impliedOperation(fields);
  if (command === 'delete') return parseDelete(op, fields, encodings);
  const operation = parseKeyOperation(op, fields, encodings, PUT_NAMES);
  if (operation.op === 'get' || operation.op === 'check' || operation.op === 'commit')
    throw refused(`its op is ${JSON.stringify(op)}`, PUT_NAMES);
  return operation;
}

const PUT_NAMES = 'a batch takes put, delete, purge, increment and cursor';
const UNCONDITIONAL = { ifAbsent: false, ifValue: undefined, version: undefined } as const;

/** Lines that were scanned name keys; their revisions are those of the puts, not of their deletes. */
function parseDelete(op: unknown, fields: JsonFields, encodings: Encodings): BatchOperation | undefined {
  if (op === 'cursor') return undefined;
  if (fields['op'] !== undefined && op !== 'delete' && op !== 'purge')
    throw refused(`its op is ${JSON.stringify(op)}, in a batch of deletes`);
  return {
    op: 'delete',
    key: keyOf(fields, encodings),
    ...conditionOf(fields, encodings),
    version: undefined,
  };
}

/** The frame of an export, if a line is part of one; other lines may have fields of these names. */
function frameOf(fields: JsonFields): ExportFrame | undefined {
  if ('key' in fields || 'keyBase64' in fields || 'op' in fields) return undefined;
  if ('statelog' in fields) return 'export-start';
  return 'end' in fields ? 'export-end' : undefined;
}

/** The operation of a line without an `op`. */
function impliedOperation(fields: JsonFields): 'put' | 'cursor' {
  return 'cursor' in fields && !('key' in fields) && !('keyBase64' in fields) ? 'cursor' : 'put';
}

/**
 * Says what is wrong with a line that is no JSON object and not blank. What JSON's own parser says quotes the line, values
 * and all: it is not passed on.
 */
function refuseUnlessBlank(line: Uint8Array): void {
  if (!isUtf8(line))
    throw refused('it is not UTF-8', 'binary keys and values go in as keyBase64 and valueBase64');
  const first = line.find((byte) => !BLANKS.includes(byte));
  if (first === undefined) return;
  if (first !== OPEN_BRACE && isJson(line)) throw refused('it is no JSON object');
  throw refused('it is not JSON', 'one object a line; --tsv reads key<TAB>value lines');
}

function isJson(line: Uint8Array): boolean {
  try {
    JSON.parse(fromUtf8(line.subarray(0, SHOWN_BYTES_MAX)) ?? '');
    return line.length <= SHOWN_BYTES_MAX;
  } catch {
    return false;
  }
}
