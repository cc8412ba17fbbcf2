import { isUtf8, toUtf8 } from '../../engine/bytes/text/text.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { writeField } from '../text/field-escapes.js';
import type { Encoding } from '../values/encoding.js';
import type { AnswerFields, Executed } from './executed.js';
import { fieldsOf } from './reading.js';

/** The part of an outcome that is told. */
export type Told = Pick<Executed, 'fields' | 'found'>;

/** Writes the line that answers a request; the encoding is that of values. */
export type WriteAnswer = (output: ByteOutput, id: unknown, told: Told, encoding: Encoding) => void;

/** As an object: `{"id":1,"ok":true,…}`. */
export function writeAnswer(output: ByteOutput, id: unknown, told: Told, encoding: Encoding): void {
  output.writeText(`${JSON.stringify({ id, ok: true, ...fieldsOf(told, encoding) })}\n`);
}

/**
 * In as few bytes as tell it: `=` and the value or number, `+` for yes, `-` for no. An answer that says more, that has an id, or
 * whose value is not text, is the object all the same: a line that begins with `{`.
 */
export function writeShortAnswer(output: ByteOutput, id: unknown, told: Told, encoding: Encoding): void {
  const said = id === undefined ? saidBy(told, encoding) : undefined;
  if (said === undefined) {
    writeAnswer(output, id, told, encoding);
  } else if (typeof said === 'boolean') {
    output.writeText(said ? '+\n' : '-\n');
  } else {
    output.writeText('=');
    writeField(output, said);
    output.writeText('\n');
  }
}

/** The one thing that an answer says; undefined where it says more. */
function saidBy(told: Told, encoding: Encoding): Uint8Array | boolean | undefined {
  const value = told.found?.value;
  if (value !== undefined && encoding === 'utf8' && isUtf8(value)) return value;
  return saidByFields(fieldsOf(told, encoding));
}

function saidByFields(fields: AnswerFields): Uint8Array | boolean | undefined {
  const { found, value, count, applied, results, failed, deleted, held } = fields;
  if (found === false) return false;
  if (typeof value === 'string') return toUtf8(value);
  if (typeof count === 'number') return toUtf8(String(count));
  if (results !== undefined || failed !== undefined) return undefined;
  const isSo = applied ?? deleted ?? held;
  return typeof isSo === 'boolean' ? isSo : undefined;
}
