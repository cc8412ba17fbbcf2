import { equalBytes } from '../../bytes/compare.js';
import { fromHex, toHex } from '../../bytes/text/text.js';
import { TOKEN_BYTES_MAX } from './format.js';
import { VersionToken } from './version-token.js';
import { isKnownCursor } from './watch-cursor.js';

/*
 * How a cursor and a version stand in text that people and scripts copy from one command to the next: the decimal of a
 * revision (8 bytes, as NATS counts), and `0x` with the raw bytes in hex for any other. What one prints the other reads.
 */

const DECIMAL = /^(0|[1-9]\d{0,19})$/;
const BARE_HEX = /^([0-9a-fA-F]{2})+$/;
const RAW_PREFIX = '0x';
const U64_BYTES = 8;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** A cursor's or a version's bytes in text; the empty text for none. */
export function positionText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  if (bytes.length !== U64_BYTES) return RAW_PREFIX + toHex(bytes);
  return String(new DataView(bytes.buffer, bytes.byteOffset, U64_BYTES).getBigUint64(0));
}

/**
 * A cursor's bytes from text: the decimal of a revision, or `0x` and the raw bytes in hex; undefined where it is neither,
 * or no cursor that is known.
 */
export function parseCursorText(text: string): Uint8Array | undefined {
  const bytes = parsePosition(text);
  return bytes !== undefined && isKnownCursor(bytes, 0, bytes.length) ? bytes : undefined;
}

/**
 * Parses the cursor in the header of an NDJSON export; earlier versions wrote raw bytes in bare hex there. A
 * bare text that is no decimal of a u64 is one of those.
 */
export function parseHeaderCursor(text: string): Uint8Array | undefined {
  return parsePosition(text) ?? (BARE_HEX.test(text) ? fromHex(text) : undefined);
}

/** A cursor as text; undefined for none. */
export function cursorText(cursor: Uint8Array | undefined): string | undefined {
  return cursor === undefined || cursor.length === 0 ? undefined : positionText(cursor);
}

/**
 * The fields of a JSON line that say a version: its raw bytes in hex, and where they are a revision, that in decimal;
 * none where there is no version.
 */
export function versionFields(version: Uint8Array | undefined): { version?: string; revision?: string } {
  if (version === undefined || version.length === 0) return {};
  const hex = { version: toHex(version) };
  return version.length === U64_BYTES ? { ...hex, revision: positionText(version) } : hex;
}

/**
 * Reads those fields; a revision may be a number where it is exact.
 * @returns undefined where there are none, and a text that says what is wrong with them where they are wrong
 */
export function parseVersionFields({
  version,
  revision,
}: Readonly<Record<string, unknown>>): Uint8Array | string | undefined {
  const bytes = version === undefined ? undefined : typeof version === 'string' ? fromHex(version) : null;
  if (bytes === null || (version !== undefined && (bytes === undefined || bytes.length > TOKEN_BYTES_MAX)))
    return `its version is not 0 to ${TOKEN_BYTES_MAX} bytes in hex`;
  if (revision === undefined) return bytes;
  const counted = parseRevision(revision);
  if (counted === undefined) return 'its revision is not a number from 0 to 2^64 - 1';
  if (bytes !== undefined && !equalBytes(bytes, counted))
    return 'its version and its revision are not the same';
  return counted;
}

/** The cursor of a field of a JSON line, in text or as a number that is exact; undefined where it is none. */
export function parseCursorField(cursor: unknown): Uint8Array | undefined {
  if (typeof cursor === 'string') return cursor === '' ? new Uint8Array(0) : parseCursorText(cursor);
  return Number.isSafeInteger(cursor) ? parsePosition(String(cursor)) : undefined;
}

function parseRevision(revision: unknown): Uint8Array | undefined {
  const isText = typeof revision === 'string' && DECIMAL.test(revision);
  return isText || Number.isSafeInteger(revision) ? parsePosition(String(revision)) : undefined;
}

function parsePosition(text: string): Uint8Array | undefined {
  if (text.startsWith(RAW_PREFIX)) {
    const digits = text.slice(RAW_PREFIX.length);
    return BARE_HEX.test(digits) ? fromHex(digits) : undefined;
  }
  if (!DECIMAL.test(text)) return undefined;
  const revision = BigInt(text);
  return revision > U64_MAX ? undefined : VersionToken.fromU64(revision).toBytes();
}
