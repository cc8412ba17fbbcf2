import { encodeText, type Encoding } from '../values/encoding.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { writeField } from './field-escapes.js';
import { redactedText } from './redaction.js';

/** Writes a key or value, all of `bytes` or a range, as a field of a line: in its encoding, text with escapes. */
export function writeEncoded(
  output: ByteOutput,
  bytes: Uint8Array,
  encoding: Encoding,
  start = 0,
  end = bytes.length,
): void {
  if (encoding === 'utf8') writeField(output, bytes, start, end);
  else output.writeText(encodeText(bytes.subarray(start, end), encoding)!);
}

/** Writes a value, all of `bytes` or a range, or, if values are to be kept secret, its length and digest. */
export function writeValue(
  output: ByteOutput,
  bytes: Uint8Array,
  form: { readonly encodings: { readonly value: Encoding }; readonly redact: boolean },
  start = 0,
  end = bytes.length,
): void {
  if (form.redact) output.writeText(redactedText(bytes.subarray(start, end)));
  else writeEncoded(output, bytes, form.encodings.value, start, end);
}
