import type { JsonFields } from '../../engine/bytes/text/json-line.js';
import { plainRequest } from '../../engine/bytes/text/plain-line.js';
import type { EntryRange } from '../../engine/entry-cursor.js';
import type { Encoding, Encodings } from '../values/encoding.js';
import { type KeyOperation, parseKeyOperation, plainPut } from '../operation/key-operation.js';
import { refused, refusedAs } from '../operation/refusal.js';
import { bytesOf, countOf, flagOf } from '../operation/request-fields.js';

/** The request of one line. */
export type Operation =
  | KeyOperation
  | {
      readonly op: 'scan';
      readonly range: EntryRange;
      readonly limit: number;
      readonly keysOnly: boolean;
    }
  | { readonly op: 'count'; readonly range: EntryRange }
  | { readonly op: 'group'; readonly operations: readonly KeyOperation[] }
  | { readonly op: 'checkpoint'; readonly keep: number | undefined };

/** An answer to `scan` has so many entries, unless its `limit` says otherwise. */
const SCAN_LIMIT_DEFAULT = 1_000;
const SCAN_LIMIT_MAX = 100_000;
const KEEP_MAX = 0xffff_ffff;
const NAMES = 'get, put, delete, check, increment, scan, count, group, commit or checkpoint';

/** The requests that a plain line makes. */
export type PlainOperation = Extract<KeyOperation, { op: 'get' | 'put' }>;

/** Longer lines are left to JSON's parser, which is native code. */
const PLAIN_BYTES_MAX = 1024;

/**
 * The operation of a line that is plain, as most of a script's are: no JSON is parsed then. Undefined for any other line.
 * @param line its key and value may lie within it
 */
export function plainOperation(
  line: Uint8Array,
  { key: keys, value: values }: Encodings,
): PlainOperation | undefined {
  if (keys !== 'utf8' || values !== 'utf8' || line.length > PLAIN_BYTES_MAX) return undefined;
  const request = plainRequest(line);
  if (request === undefined) return undefined;
  const { key, value } = request;
  return value === undefined ? { op: 'get', key } : plainPut(key, value);
}

/**
 * The operation that the fields of a request ask for.
 * @throws StatelogError `INVALID_LINE`
 */
export function parseOperation(fields: JsonFields, encodings: Encodings): Operation {
  try {
    return parse(fields, encodings);
  } catch (error) {
    throw refusedAs('the request', error, { safe: 'nothing of it was done' });
  }
}

function parse(fields: JsonFields, encodings: Encodings): Operation {
  const { op } = fields;
  switch (op) {
    case 'scan':
      return {
        op,
        range: rangeOf(fields, encodings.key),
        limit: countOf(fields, 'limit', SCAN_LIMIT_MAX) ?? SCAN_LIMIT_DEFAULT,
        keysOnly: flagOf(fields, 'keysOnly'),
      };
    case 'count':
      return { op, range: rangeOf(fields, encodings.key) };
    case 'checkpoint':
      return { op, keep: countOf(fields, 'keep', KEEP_MAX) };
    case 'group':
      return { op, operations: groupOf(fields, encodings) };
    default:
      return parseKeyOperation(op, fields, encodings, NAMES);
  }
}

function groupOf({ operations }: JsonFields, encodings: Encodings): KeyOperation[] {
  if (!Array.isArray(operations)) throw refused('its operations are not a list');
  return operations.map((one: unknown, index) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one))
      throw refused(`operation ${index} of the group is no object`);
    const fields = one as JsonFields;
    return parseKeyOperation(fields['op'], fields, encodings, NAMES);
  });
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
