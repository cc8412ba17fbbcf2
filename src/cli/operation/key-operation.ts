import type { JsonFields } from '../../engine/bytes/text/json-line.js';
import { parseCursorField } from '../../engine/fold/format/position-text.js';
import type { Encodings } from '../values/encoding.js';
import { SIGNED_64_MAX, SIGNED_64_MIN, UNSIGNED_64_MAX } from '../values/integer-text.js';
import { refused } from './refusal.js';
import { bytesOf, flagOf, integerOf, keyOf, versionOf } from './request-fields.js';

/** A condition on a key, which must hold before the key is changed. */
export interface Condition {
  readonly ifAbsent: boolean;
  readonly ifValue: Uint8Array | undefined;
}

interface OnKey {
  readonly key: Uint8Array;
}

/** The raw bytes of the version that comes with a change. */
interface Versioned {
  readonly version: Uint8Array | undefined;
}

/** A change of one key. A purge is a delete that removes a key's history too, where a store keeps any. */
export type KeyChange =
  | (OnKey & Condition & Versioned & { readonly op: 'put'; readonly value: Uint8Array })
  | (OnKey & Condition & Versioned & { readonly op: 'delete' | 'purge' })
  | (OnKey & { readonly op: 'increment'; readonly by: bigint });

/** The resume cursor of a fold log moves: all that came before is there. */
export interface CursorMove {
  readonly op: 'cursor';
  readonly cursor: Uint8Array;
}

/** How far sources were read, or how far a fold log goes. */
export interface CommitRequest {
  readonly op: 'commit';
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  /** The resume cursor, for a fold log. */
  readonly cursor: Uint8Array | undefined;
}

/** The operations that are about one key, or about how far all was read: what groups and batches are made of. */
export type KeyOperation =
  | KeyChange
  | (OnKey & { readonly op: 'get' })
  | (OnKey & Condition & { readonly op: 'check' })
  | CursorMove
  | CommitRequest;

/**
 * The operation that the fields of a request ask for.
 * @param op its name, from the fields or what stands for none
 * @param all the names to tell of where it is none of them
 * @throws StatelogError `INVALID_LINE`
 */
export function parseKeyOperation(
  op: unknown,
  fields: JsonFields,
  encodings: Encodings,
  all: string,
): KeyOperation {
  switch (op) {
    case 'put':
      return parsePut(fields, encodings);
    case 'delete':
    case 'purge':
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
        by: integerOf(fields['by'] === undefined ? 1 : fields['by'], 'by', SIGNED_64_MIN, SIGNED_64_MAX),
      };
    case 'get':
      return { op, key: keyOf(fields, encodings) };
    case 'check':
      return { op, key: keyOf(fields, encodings), ...conditionOf(fields, encodings) };
    case 'cursor':
      return { op, cursor: cursorOf(fields) };
    case 'commit':
      return commitOf(fields);
    default:
      throw refused(op === undefined ? 'it has no op' : `its op is ${JSON.stringify(op)}`, all);
  }
}

/** A put without a condition and a version. */
export function plainPut(key: Uint8Array, value: Uint8Array): Extract<KeyChange, { op: 'put' }> {
  return { op: 'put', key, value, ifAbsent: false, ifValue: undefined, version: undefined };
}

/** The condition of a request; none holds of every value. @throws StatelogError `INVALID_LINE` */
export function conditionOf(fields: JsonFields, encodings: Encodings): Condition {
  return { ifAbsent: flagOf(fields, 'ifAbsent'), ifValue: bytesOf(fields, 'ifValue', encodings.value) };
}

function parsePut(fields: JsonFields, encodings: Encodings): KeyOperation {
  const key = keyOf(fields, encodings);
  const value = bytesOf(fields, 'value', encodings.value);
  if (value === undefined) throw refused('it has no value');
  const { ifAbsent, ifValue } = conditionOf(fields, encodings);
  return { op: 'put', key, value, ifAbsent, ifValue, version: versionOf(fields) };
}

function commitOf(fields: JsonFields): CommitRequest {
  const { sources, watermark, cursor } = fields;
  const offsets = new Map<string, bigint>();
  if (sources !== undefined && (typeof sources !== 'object' || sources === null))
    throw refused('its sources are no object of names and lines');
  for (const [name, lines] of Object.entries(sources ?? {})) {
    if (name === '' || name.includes('\0')) throw refused('a source has no name, or one with a NUL');
    offsets.set(name, integerOf(lines, name, 0n, UNSIGNED_64_MAX));
  }
  return {
    op: 'commit',
    offsets,
    watermark:
      watermark === undefined ? undefined : integerOf(watermark, 'watermark', SIGNED_64_MIN, SIGNED_64_MAX),
    cursor: cursor === undefined ? undefined : cursorOf(fields),
  };
}

function cursorOf({ cursor }: JsonFields): Uint8Array {
  const bytes = parseCursorField(cursor);
  if (bytes !== undefined) return bytes;
  throw refused('its cursor is not one', 'a cursor is a revision in decimal, or 0x and its bytes in hex');
}
