import type { ByteOutput } from '../../terminal/byte-output.js';
import { shownText } from '../../terminal/shown/shown-text.js';
import { writeValue } from '../../text/encoded-field.js';
import { jsonField } from '../../text/json-fields.js';
import { redactedText, redactedValue } from '../../text/redaction.js';
import type { PreviousValue, RecordForm } from './record-parts.js';

/** The end of a record's JSON object about the value before it: `,"previous":…`, null where there was none, nothing if unknown. */
export function previousJson(previous: PreviousValue, { encodings, redact }: RecordForm): string {
  if (previous === 'unknown') return '';
  if (previous === 'none') return ',"previous":null';
  const { value } = previous;
  const fields = redact
    ? Object.entries(redactedValue(value))
    : Object.entries(jsonField('value', value, encodings.value));
  return fields
    .map(([name, field]) => `,${JSON.stringify(name.replace('value', 'previous'))}:${JSON.stringify(field)}`)
    .join('');
}

/** Adds two fields to a line, or one: `was` and the value, `none`, or `unknown`. */
export function writePrevious(output: ByteOutput, previous: PreviousValue, form: RecordForm): void {
  if (typeof previous === 'string') {
    output.writeText(`\t${previous}`);
    return;
  }
  output.writeText('\twas\t');
  writeValue(output, previous.value, form);
}

/** The value before a record, for a person. */
export function previousText(previous: PreviousValue, { encodings, redact }: RecordForm): string {
  if (previous === 'none') return ' (there was none)';
  if (previous === 'unknown') return ' (the one before is not in this log)';
  return ` (was ${redact ? redactedText(previous.value) : shownText(previous.value, encodings.value)})`;
}
