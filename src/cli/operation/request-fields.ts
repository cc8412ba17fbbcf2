import { LongText, type JsonFields } from '../../engine/bytes/text/json-line.js';
import { parseVersionFields } from '../../engine/fold/format/position-text.js';
import { decodeLongText, decodeText, type Encoding, type Encodings } from '../values/encoding.js';
import { parseIntegerWithin } from '../values/integer-text.js';
import { refused } from './refusal.js';

/** The key of a request. @throws StatelogError `INVALID_LINE`, as all of these */
export function keyOf(fields: JsonFields, encodings: Encodings): Uint8Array {
  const key = bytesOf(fields, 'key', encodings.key);
  if (key === undefined) throw refused('it has no key');
  return key;
}

/** Bytes in the field of this name, or in base64 in the one with `Base64` behind it. */
export function bytesOf(fields: JsonFields, name: string, encoding: Encoding): Uint8Array | undefined {
  const text = fields[name];
  const base64 = fields[`${name}Base64`];
  if (text !== undefined && base64 !== undefined) throw refused(`it has both ${name} and ${name}Base64`);
  // A null is not left out: a condition that is not set must not pass for none.
  const given = text === undefined ? base64 : text;
  if (given === undefined) return undefined;
  const written = base64 === undefined ? encoding : 'base64';
  if (typeof given !== 'string' && !(given instanceof LongText))
    throw refused(`its ${name} is not a string`, 'put it in quotes');
  const bytes = typeof given === 'string' ? decodeText(given, written) : decodeLongText(given, written);
  if (bytes === undefined) throw refused(`its ${name} is not ${written}`);
  return bytes;
}

/** The raw bytes of the version that comes with a change; undefined where none does. */
export function versionOf(fields: JsonFields): Uint8Array | undefined {
  const version = parseVersionFields(fields);
  if (typeof version === 'string') throw refused(version);
  return version;
}

/** True or false; false where there is no such field. */
export function flagOf(fields: JsonFields, name: string): boolean {
  const flag = fields[name] === undefined ? false : fields[name];
  if (typeof flag !== 'boolean') throw refused(`its ${name} is neither true nor false`);
  return flag;
}

/** A number to count with, from 1 on. */
export function countOf(fields: JsonFields, name: string, max: number): number | undefined {
  const count = fields[name];
  if (count === undefined) return undefined;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw refused(`its ${name} is not a whole number from 1 to ${max}`);
}

/** A number of 64 bits: as text, or as a number where it is exact. */
export function integerOf(given: unknown, name: string, least: bigint, greatest: bigint): bigint {
  const isExact = typeof given === 'string' || Number.isSafeInteger(given);
  const integer = isExact ? parseIntegerWithin(String(given), least, greatest) : undefined;
  if (integer === undefined) throw refused(`its ${name} is not a number from ${least} to ${greatest}`);
  return integer;
}
