import { encodeText, type Encoding } from '../command/encoding.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { writeField } from './field-escapes.js';
import { redactedText } from './redaction.js';

/** Writes a key or value as a field of a line: in its encoding, text with escapes. */
export function writeEncoded(output: ByteOutput, bytes: Uint8Array, encoding: Encoding): void {
  if (encoding === 'utf8') writeField(output, bytes);
  else output.writeText(encodeText(bytes, encoding)!);
}

/** Writes a value or, if values are to be kept secret, its length and digest. */
export function writeValue(
  output: ByteOutput,
  value: Uint8Array,
  form: { readonly encodings: { readonly value: Encoding }; readonly redact: boolean },
): void {
  if (form.redact) output.writeText(redactedText(value));
  else writeEncoded(output, value, form.encodings.value);
}
