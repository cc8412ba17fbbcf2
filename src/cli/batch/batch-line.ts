import { LongText, parseJsonLine, type JsonFields } from '../../engine/bytes/text/json-line.js';
import { fromUtf8, isUtf8 } from '../../engine/bytes/text/text.js';
import { StatelogError } from '../../engine/errors.js';
import { parseCursorField, parseVersionFields } from '../../engine/fold/format/position-text.js';
import { decodeLongText, decodeText, type Encoding, type Encodings } from '../command/encoding.js';
import { readField } from '../text/field-escapes.js';

/** The request that one line of a batch makes. */
export type BatchOperation =
  | {
      readonly op: 'put';
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      /** The raw bytes of the version that comes with it, where one does. */
      readonly version?: Uint8Array | undefined;
    }
  | {
      /** A purge is a delete that removes a key's history too, where a store keeps any. */
      readonly op: 'delete' | 'purge';
      readonly key: Uint8Array;
      readonly version?: Uint8Array | undefined;
    }
  | {
      /** All that came before is there: the resume cursor moves. */
      readonly op: 'cursor';
      readonly cursor: Uint8Array;
    };

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
  return format.tsv ? parseTabbed(line, number, format) : parseJson(line, number, format);
}

/** Such lines are looked through by hand: a call into native code for each field takes longer. */
const SHORT_BYTES_MAX = 1024;

/** A put whose key and value stand in the line as they are, as most do; undefined for any other line. */
function parsePlain(line: Uint8Array, { encodings, command }: BatchFormat): BatchOperation | undefined {
  const isText = encodings.key === 'utf8' && encodings.value === 'utf8';
  if (!isText || command !== 'put' || line.length > SHORT_BYTES_MAX) return undefined;
  const tab = plainEnd(line, 0);
  if (tab === line.length || line[tab] !== TAB || plainEnd(line, tab + 1) < line.length) return undefined;
  return { op: 'put', key: line.subarray(0, tab), value: line.subarray(tab + 1) };
}

/** Finds the first byte, from a place on, that does not stand for itself; returns the line's end where all do. */
function plainEnd(line: Uint8Array, start: number): number {
  for (let at = start; at < line.length; at++) {
    const byte = line[at];
    if (byte === TAB || byte === BACKSLASH || byte === CARRIAGE_RETURN) return at;
  }
  return line.length;
}

function parseTabbed(line: Uint8Array, number: number, format: BatchFormat): BatchOperation {
  const plain = parsePlain(line, format);
  if (plain !== undefined) return plain;
  const { encodings, command } = format;
  const tab = line.indexOf(TAB);
  if (tab === -1 && command === 'put') throw badLine(number, 'it has no TAB between a key and a value');
  const key = tabbedField(tab === -1 ? line : line.subarray(0, tab), encodings.key, 'key', number);
  if (command === 'delete') return { op: 'delete', key };
  const value = line.subarray(tab + 1);
  if (value.includes(TAB))
    throw badLine(number, 'it has a second TAB', 'a TAB within a key or a value is \\t');
  return { op: 'put', key, value: tabbedField(value, encodings.value, 'value', number) };
}

function tabbedField(field: Uint8Array, encoding: Encoding, name: string, number: number): Uint8Array {
  if (encoding === 'utf8') {
    const bytes = readField(field);
    if (bytes === undefined) {
      throw badLine(
        number,
        `its ${name} has an unknown escape or ends with a carriage return`,
        'escapes are \\t \\n \\r \\\\ and \\xHH',
      );
    }
    return bytes;
  }
  const bytes = decodeText(fromUtf8(field) ?? '?', encoding);
  if (bytes === undefined) throw badLine(number, `its ${name} is not ${encoding}`);
  return bytes;
}

function parseJson(
  line: Uint8Array,
  number: number,
  format: BatchFormat,
): BatchOperation | ExportFrame | undefined {
  const fields = parseJsonLine(line);
  if (fields === undefined) {
    refuseUnlessBlank(line, number);
    return undefined;
  }
  const frame = frameOf(fields);
  if (frame !== undefined) return frame;
  const op = operationOf(fields, number);
  if (op === 'cursor') return format.command === 'delete' ? undefined : cursorOf(fields, number);
  if (format.command === 'delete' && fields['op'] === 'put')
    throw badLine(number, 'its op is put, in a batch of deletes');
  const key = jsonBytes(fields, 'key', format.encodings.key, number);
  // The revisions of lines that were scanned are those of the puts, not of their deletes.
  if (format.command === 'delete') return { op: 'delete', key };
  const version = parseVersionFields(fields);
  if (typeof version === 'string') throw badLine(number, version);
  if (op !== 'put') return { op, key, version };
  return { op, key, value: jsonBytes(fields, 'value', format.encodings.value, number), version };
}

/** The frame of an export, if a line is part of one; other lines may have fields of these names. */
function frameOf(fields: JsonFields): ExportFrame | undefined {
  if ('key' in fields || 'keyBase64' in fields || 'op' in fields) return undefined;
  if ('statelog' in fields) return 'export-start';
  return 'end' in fields ? 'export-end' : undefined;
}

function operationOf(fields: JsonFields, number: number): BatchOperation['op'] {
  const { op } = fields;
  if (op === undefined) {
    const isCursor = 'cursor' in fields && !('key' in fields) && !('keyBase64' in fields);
    return isCursor ? 'cursor' : 'put';
  }
  if (op === 'put' || op === 'delete' || op === 'purge' || op === 'cursor') return op;
  throw badLine(number, `its op is ${JSON.stringify(op)}`, 'a batch takes put, delete, purge and cursor');
}

function cursorOf({ cursor }: JsonFields, number: number): BatchOperation {
  const bytes = parseCursorField(cursor);
  if (bytes !== undefined) return { op: 'cursor', cursor: bytes };
  throw badLine(
    number,
    'its cursor is not one',
    'a cursor is a revision in decimal, or 0x and its bytes in hex',
  );
}

/**
 * Says what is wrong with a line that is no JSON object and not blank. What JSON's own parser says quotes the line, values
 * and all: it is not passed on.
 */
function refuseUnlessBlank(line: Uint8Array, number: number): void {
  if (!isUtf8(line))
    throw badLine(number, 'it is not UTF-8', 'binary keys and values go in as keyBase64 and valueBase64');
  const first = line.find((byte) => !BLANKS.includes(byte));
  if (first === undefined) return;
  if (first !== OPEN_BRACE && isJson(line)) throw badLine(number, 'it is no JSON object');
  throw badLine(number, 'it is not JSON', 'one object a line; --tsv reads key<TAB>value lines');
}

function isJson(line: Uint8Array): boolean {
  try {
    JSON.parse(fromUtf8(line.subarray(0, SHOWN_BYTES_MAX)) ?? '');
    return line.length <= SHOWN_BYTES_MAX;
  } catch {
    return false;
  }
}

function jsonBytes(
  fields: JsonFields,
  name: 'key' | 'value',
  encoding: Encoding,
  number: number,
): Uint8Array {
  const text = fields[name];
  const base64 = fields[`${name}Base64`];
  if (text !== undefined && base64 !== undefined)
    throw badLine(number, `it has both ${name} and ${name}Base64`);
  if (text === undefined && base64 === undefined) throw badLine(number, `it has no ${name}`);
  const given = text ?? base64;
  const written = base64 === undefined ? encoding : 'base64';
  if (typeof given !== 'string' && !(given instanceof LongText))
    throw badLine(number, `its ${name} is not a string`, 'put it in quotes');
  const bytes = typeof given === 'string' ? decodeText(given, written) : decodeLongText(given, written);
  if (bytes === undefined) throw badLine(number, `its ${name} is not ${written}`);
  return bytes;
}

function badLine(line: number, what: string, hint?: string): StatelogError {
  return new StatelogError('INVALID_LINE', `line ${line} was refused: ${what}`, { line, hint });
}
