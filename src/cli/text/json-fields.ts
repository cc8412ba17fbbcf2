import { isUtf8, toBase64, toUtf8 } from '../../engine/bytes/text/text.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import { encodeText, type Encoding } from '../values/encoding.js';
import { writeJsonText } from './json-text.js';

/**
 * A key or a value as fields of a JSON object: `{"key": …}` in the encoding asked for, or
 * `{"keyBase64": …}` where that is utf8 and the bytes are not. For objects that are put
 * together before they are printed.
 */
export function jsonField(
  name: 'key' | 'value',
  bytes: Uint8Array,
  encoding: Encoding,
): Record<string, string> {
  const text = encodeText(bytes, encoding);
  return text === undefined ? { [`${name}Base64`]: toBase64(bytes) } : { [name]: text };
}

const LABELS = { key: toUtf8('"key":'), value: toUtf8('"value":'), oldValue: toUtf8('"oldValue":') } as const;

/** Writes the same as one `"name":"text"` pair, straight from the bytes, all of them or a range. */
export function writeJsonField(
  output: ByteOutput,
  name: 'key' | 'value' | 'oldValue',
  bytes: Uint8Array,
  encoding: Encoding,
  start = 0,
  end = bytes.length,
): void {
  if (encoding !== 'utf8') {
    output.writeText(`"${name}":"${encodeText(bytes.subarray(start, end), encoding)!}"`);
  } else if (isUtf8(bytes, start, end)) {
    output.write(LABELS[name]);
    writeJsonText(output, bytes, start, end);
  } else {
    output.writeText(`"${name}Base64":"${toBase64(bytes.subarray(start, end))}"`);
  }
}
