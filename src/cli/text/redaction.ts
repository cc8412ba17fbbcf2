import { boolean } from '@oclif/core/flags';
import { blake3Hex } from '../../engine/bytes/hash/blake3.js';

/** Flags of every command but `get` that prints values. */
export const redactFlags = {
  redact: boolean({ description: 'the length and digest of values, not the values' }),
};

/** The stand-in for a value in a JSON object. */
export interface RedactedValue extends Record<string, string | number> {
  readonly valueBytes: number;
  /** BLAKE3, hex. */
  readonly valueDigest: string;
}

/** The length and the digest of a value, as fields of a JSON object. */
export function redactedValue(value: Uint8Array): RedactedValue {
  return { valueBytes: value.length, valueDigest: blake3Hex(value) };
}

/** The length and the digest of either, for lines and tables. */
export function redactedText(value: Uint8Array): string {
  return `${value.length} bytes, blake3 ${blake3Hex(value)}`;
}
