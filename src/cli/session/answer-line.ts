import { toUtf8 } from '../../engine/bytes/text/text.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { writeField } from '../text/field-escapes.js';
import type { AnswerFields } from './executed.js';

/** Writes the line that answers a request. */
export type WriteAnswer = (output: ByteOutput, id: unknown, fields: AnswerFields) => void;

/** As an object: `{"id":1,"ok":true,…}`. */
export function writeAnswer(output: ByteOutput, id: unknown, fields: AnswerFields): void {
  output.writeText(`${JSON.stringify({ id, ok: true, ...fields })}\n`);
}

/**
 * In as few bytes as tell it: `=` and the value or number, `+` for yes, `-` for no. An answer that says more, that has an id, or
 * whose value is not text, is the object all the same: a line that begins with `{`.
 */
export function writeShortAnswer(output: ByteOutput, id: unknown, fields: AnswerFields): void {
  const said = id === undefined ? saidBy(fields) : undefined;
  if (said === undefined) {
    writeAnswer(output, id, fields);
  } else if (typeof said === 'boolean') {
    output.writeText(said ? '+\n' : '-\n');
  } else {
    output.writeText('=');
    writeField(output, toUtf8(said));
    output.writeText('\n');
  }
}

/** The one thing that an answer says; undefined where it says more. */
function saidBy(fields: AnswerFields): string | boolean | undefined {
  const { found, value, count, applied, results, failed, deleted, held } = fields;
  if (found === false) return false;
  if (typeof value === 'string') return value;
  if (typeof count === 'number') return String(count);
  if (results !== undefined || failed !== undefined) return undefined;
  const isSo = applied ?? deleted ?? held;
  return typeof isSo === 'boolean' ? isSo : undefined;
}
