import { LongText, type JsonFields } from '../../engine/bytes/text/json-line.js';
import { StatelogError } from '../../engine/errors.js';
import type { EntryRange } from '../../engine/entry-cursor.js';
import { parseCursorField, parseVersionFields } from '../../engine/fold/format/position-text.js';
import { decodeLongText, decodeText, type Encoding, type Encodings } from '../command/encoding.js';
import {
  parseIntegerWithin,
  SIGNED_64_MAX,
  SIGNED_64_MIN,
  UNSIGNED_64_MAX,
} from '../command/integer-text.js';

/** A condition on a key, which must hold before the key is changed. */
export interface Condition {
  readonly ifAbsent: boolean;
  readonly ifValue: Uint8Array | undefined;
}

interface OnKey {
  readonly key: Uint8Array;
}

/** The operations that a group may have. */
export type GroupedOperation =
  | (OnKey & { readonly op: 'get' })
  | (OnKey & Condition & { readonly op: 'check' })
  | (OnKey &
      Condition & {
        readonly op: 'put';
        readonly value: Uint8Array;
        /** The raw bytes of the version that comes with it. */
        readonly version: Uint8Array | undefined;
      })
  | (OnKey & Condition & { readonly op: 'delete'; readonly version: Uint8Array | undefined })
  | (OnKey & { readonly op: 'increment'; readonly by: bigint })
  | {
      readonly op: 'commit';
      readonly offsets: ReadonlyMap<string, bigint>;
      readonly watermark: bigint | undefined;
      /** The resume cursor, for a fold log. */
      readonly cursor: Uint8Array | undefined;
    };

/** The request of one line. */
export type Operation =
  | GroupedOperation
  | {
      readonly op: 'scan';
      readonly range: EntryRange;
      readonly limit: number;
      readonly keysOnly: boolean;
    }
  | { readonly op: 'count'; readonly range: EntryRange }
  | { readonly op: 'group'; readonly operations: readonly GroupedOperation[] }
  | { readonly op: 'checkpoint'; readonly keep: number | undefined };

/** An answer to `scan` has so many entries, unless its `limit` says otherwise. */
const SCAN_LIMIT_DEFAULT = 1_000;
const SCAN_LIMIT_MAX = 100_000;
const KEEP_MAX = 0xffff_ffff;

/**
 * The operation that the fields of a request ask for.
 * @throws StatelogError `INVALID_LINE`
 */
export function parseOperation(fields: JsonFields, encodings: Encodings): Operation {
  switch (fields['op']) {
    case 'scan':
      return {
        op: 'scan',
        range: rangeOf(fields, encodings.key),
        limit: countOf(fields, 'limit', SCAN_LIMIT_MAX) ?? SCAN_LIMIT_DEFAULT,
        keysOnly: flagOf(fields, 'keysOnly'),
      };
    case 'count':
      return { op: 'count', range: rangeOf(fields, encodings.key) };
    case 'checkpoint':
      return { op: 'checkpoint', keep: countOf(fields, 'keep', KEEP_MAX) };
    case 'group':
      return { op: 'group', operations: groupOf(fields, encodings) };
    default:
      return parseGrouped(fields, encodings);
  }
}

function groupOf({ operations }: JsonFields, encodings: Encodings): GroupedOperation[] {
  if (!Array.isArray(operations)) throw refused('its operations are not a list');
  return operations.map((one: unknown, index) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one))
      throw refused(`operation ${index} of the group is no object`);
    return parseGrouped(one as JsonFields, encodings);
  });
}

function parseGrouped(fields: JsonFields, encodings: Encodings): GroupedOperation {
  const { op } = fields;
  switch (op) {
    case 'get':
      return { op, key: keyOf(fields, encodings) };
    case 'check':
      return { op, key: keyOf(fields, encodings), ...conditionOf(fields, encodings) };
    case 'put': {
      const value = bytesOf(fields, 'value', encodings.value);
      if (value === undefined) throw refused('it has no value');
      const condition = conditionOf(fields, encodings);
      return { op, key: keyOf(fields, encodings), value, ...condition, version: versionOf(fields) };
    }
    case 'delete':
      return {
        op,
        key: keyOf(fields, encodings),
        ...conditionOf(fields, encodings),
        version: versionOf(fields),
      };
    case 'increment':
      return {
        op,
        key: keyOf(fields, encodings),
        by: integerOf(fields['by'] ?? 1, 'by', SIGNED_64_MIN, SIGNED_64_MAX),
      };
    case 'commit':
      return commitOf(fields);
    default: {
      const named = typeof op === 'string' ? `its op is ${JSON.stringify(op)}` : 'it has no op';
      const hint = 'get, put, delete, check, increment, scan, count, group, commit or checkpoint';
      throw refused(named, hint);
    }
  }
}

function commitOf({ sources, watermark, cursor }: JsonFields): GroupedOperation {
  const offsets = new Map<string, bigint>();
  if (sources !== undefined && (typeof sources !== 'object' || sources === null))
    throw refused('its sources are no object of names and lines');
  for (const [name, lines] of Object.entries(sources ?? {})) {
    if (name === '' || name.includes('\0')) throw refused('a source has no name, or one with a NUL');
    offsets.set(name, integerOf(lines, name, 0n, UNSIGNED_64_MAX));
  }
  const cursorBytes = cursor === undefined ? undefined : parseCursorField(cursor);
  if (cursor !== undefined && cursorBytes === undefined) throw refused('its cursor is not one');
  const time =
    watermark === undefined ? undefined : integerOf(watermark, 'watermark', SIGNED_64_MIN, SIGNED_64_MAX);
  return { op: 'commit', offsets, watermark: time, cursor: cursorBytes };
}

function keyOf(fields: JsonFields, encodings: Encodings): Uint8Array {
  const key = bytesOf(fields, 'key', encodings.key);
  if (key === undefined) throw refused('it has no key');
  return key;
}

function conditionOf(fields: JsonFields, encodings: Encodings): Condition {
  return { ifAbsent: flagOf(fields, 'ifAbsent'), ifValue: bytesOf(fields, 'ifValue', encodings.value) };
}

function rangeOf(fields: JsonFields, encoding: Encoding): EntryRange {
  return {
    prefix: bytesOf(fields, 'prefix', encoding),
    from: bytesOf(fields, 'from', encoding),
    after: bytesOf(fields, 'after', encoding),
    to: bytesOf(fields, 'to', encoding),
    reverse: flagOf(fields, 'reverse'),
  };
}

function versionOf(fields: JsonFields): Uint8Array | undefined {
  const version = parseVersionFields(fields);
  if (typeof version === 'string') throw refused(version);
  return version;
}

function flagOf(fields: JsonFields, name: string): boolean {
  const flag = fields[name] ?? false;
  if (typeof flag !== 'boolean') throw refused(`its ${name} is neither true nor false`);
  return flag;
}

function countOf(fields: JsonFields, name: string, max: number): number | undefined {
  const count = fields[name];
  if (count === undefined) return undefined;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw refused(`its ${name} is not a whole number from 1 to ${max}`);
}

function integerOf(given: unknown, name: string, least: bigint, greatest: bigint): bigint {
  const isExact = typeof given === 'string' || Number.isSafeInteger(given);
  const integer = isExact ? parseIntegerWithin(String(given), least, greatest) : undefined;
  if (integer === undefined) throw refused(`its ${name} is not a number from ${least} to ${greatest}`);
  return integer;
}

/** Bytes in the field of this name, or in base64 in the one with `Base64` behind it. */
function bytesOf(fields: JsonFields, name: string, encoding: Encoding): Uint8Array | undefined {
  const text = fields[name];
  const base64 = fields[`${name}Base64`];
  if (text !== undefined && base64 !== undefined) throw refused(`it has both ${name} and ${name}Base64`);
  const given = text ?? base64;
  if (given === undefined) return undefined;
  const written = base64 === undefined ? encoding : 'base64';
  if (typeof given !== 'string' && !(given instanceof LongText))
    throw refused(`its ${name} is not a string`, 'put it in quotes');
  const bytes = typeof given === 'string' ? decodeText(given, written) : decodeLongText(given, written);
  if (bytes === undefined) throw refused(`its ${name} is not ${written}`);
  return bytes;
}

function refused(what: string, hint?: string): StatelogError {
  return new StatelogError('INVALID_LINE', `the request was refused: ${what}`, {
    hint,
    safe: 'nothing of it was done',
  });
}
