import { LongText, type JsonFields } from '../bytes/text/json-line.js';
import { fromBase64, fromUtf8, isUtf8, isWellFormed, toBase64, toUtf8 } from '../bytes/text/text.js';
import { sourcesToJson } from '../directory/manifest/manifest.js';
import { StatelogError } from '../errors.js';
import {
  cursorText,
  parseCursorField,
  parseHeaderCursor,
  parseVersionFields,
  positionText,
  versionFields,
} from '../fold/format/position-text.js';
import { isKnownCursor } from '../fold/format/watch-cursor.js';
import type { StoredEntry } from '../store/store.js';

/*
 * An NDJSON export: a header, a line for each entry in key order, the cursor where there is one, and an end, which says
 * how many entries there were and what they and the rest come to. docs/formats/artifact.md has the page.
 */

/** The content of the first line. */
export interface LinesHeader {
  readonly kind: 'directory' | 'log';
  /** Raw bytes; undefined where the kind has none. */
  readonly cursor?: Uint8Array | undefined;
  readonly epoch?: bigint | undefined;
  readonly cores?: number | undefined;
  /** Lines taken of each source, and the digests beside them (directory/manifest/source-mark.ts). */
  readonly sources?: ReadonlyMap<string, bigint> | undefined;
  readonly watermark?: bigint | undefined;
}

/** The content of the last line: a stream without it was cut. */
export interface LinesEnd {
  readonly keys: number;
  /** The digest of the content, as everywhere. */
  readonly digest: string;
  /** The digest of the header and the versions (`AttributeDigest`); older exports have none. */
  readonly attributes?: string | undefined;
}

/** One line of an export. */
export type ParsedLine =
  | { readonly header: LinesHeader }
  | { readonly entry: StoredEntry }
  | { readonly cursor: Uint8Array }
  | { readonly end: LinesEnd };

const LINES_VERSION = 1;
const FIELDS: ReadonlySet<string> = new Set([
  ...['statelog', 'kind', 'cursor', 'epoch', 'cores', 'sources', 'watermark', 'end'],
  ...['key', 'keyBase64', 'value', 'valueBase64', 'version', 'revision'],
]);
const END_FIELDS: ReadonlySet<string> = new Set(['keys', 'digest', 'attributes']);
const CORES_MAX = 1024;
/** A larger value is written in parts of so many bytes, a multiple of 3. */
const PART_BYTES = 48 * 1024;
const DIGEST = /^[0-9a-f]{64}$/;
const I64_MIN = -0x8000_0000_0000_0000n;
const I64_MAX = 0x7fff_ffff_ffff_ffffn;
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** The first line, its line end included: the same for the same header. */
export function headerLine(header: LinesHeader): string {
  return `${JSON.stringify(headerFields(header))}\n`;
}

/** The fields of the first line, in their order. */
export function headerFields(header: LinesHeader): Readonly<Record<string, unknown>> {
  const { kind, cursor, epoch, cores, sources, watermark } = header;
  return {
    statelog: LINES_VERSION,
    kind,
    cursor: cursorText(cursor) ?? null,
    ...(epoch === undefined ? {} : { epoch: String(epoch) }),
    ...(cores === undefined ? {} : { cores }),
    ...(sources === undefined || sources.size === 0 ? {} : { sources: sourcesToJson(sources) }),
    ...(watermark === undefined ? {} : { watermark: String(watermark) }),
  };
}

/** One entry's line, in parts. Keys and values that are not UTF-8 stand in `keyBase64` and `valueBase64`. */
export function* entryLine({ key, value, version }: StoredEntry): Generator<string, void> {
  const attributes = JSON.stringify(versionFields(version)).slice(1, -1);
  const end = `${attributes === '' ? '' : `,${attributes}`}}\n`;
  if (key.length + value.length <= PART_BYTES) {
    yield `{${bytesField('key', key)},${bytesField('value', value)}${end}`;
    return;
  }
  yield `{${bytesField('key', key)},"value${isUtf8(value) ? '' : 'Base64'}":"`;
  yield* isUtf8(value) ? utf8Parts(value) : base64Parts(value);
  yield `"${end}`;
}

/** The line with the cursor, behind all entries; for `put --batch`, which takes it in its turn. */
export function cursorLine(cursor: Uint8Array): string {
  return `${JSON.stringify({ cursor: positionText(cursor) })}\n`;
}

/** The last line. */
export function endLine({ keys, digest, attributes }: LinesEnd): string {
  return `${JSON.stringify({ end: { keys, digest, attributes } })}\n`;
}

/**
 * Parses a line; the result is a text, saying what is wrong, if the line is bad.
 * @throws StatelogError `UNSUPPORTED_VERSION` for a header of another version, or a cursor of a kind that is not known
 */
export function parseExportLine(fields: JsonFields | undefined): ParsedLine | string {
  if (fields === undefined) return 'it is no JSON object';
  // A name that is not known was written by nobody: what it says would be passed over.
  const unknown = Object.keys(fields).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return `it has a field that no export has: ${JSON.stringify(unknown)}`;
  if ('statelog' in fields) return parseHeader(fields);
  if ('end' in fields) return parseEnd(fields['end']);
  const hasKey = 'key' in fields || 'keyBase64' in fields;
  if ('cursor' in fields && !hasKey) {
    const cursor = parseCursorField(fields['cursor']);
    return cursor === undefined ? 'its cursor is not one' : { cursor };
  }
  const key = bytesOf(fields, 'key');
  const value = bytesOf(fields, 'value');
  if (key === undefined || value === undefined) return 'it has no key or no value';
  const version = parseVersionFields(fields);
  return typeof version === 'string' ? version : { entry: { key, value, version } };
}

function parseHeader(fields: JsonFields): ParsedLine | string {
  const { statelog, kind, cursor, epoch, cores, sources, watermark } = fields;
  if (statelog !== LINES_VERSION) throw statelog === 2 ? onlyOnto() : otherVersion(statelog);
  const cursorBytes = typeof cursor === 'string' ? parseHeaderCursor(cursor) : undefined;
  const taken = sources === undefined ? undefined : parseSources(sources);
  const isGood =
    (kind === 'directory' || kind === 'log') &&
    (cursor === null || cursorBytes !== undefined) &&
    (epoch === undefined || integerOf(epoch, 0n, U64_MAX) !== undefined) &&
    (cores === undefined || (Number.isInteger(cores) && Number(cores) >= 1 && Number(cores) <= CORES_MAX)) &&
    (sources === undefined || taken !== undefined) &&
    (watermark === undefined || integerOf(watermark, I64_MIN, I64_MAX) !== undefined);
  if (!isGood) return 'it is not how an export starts';
  if (cursorBytes !== undefined && !isKnownCursor(cursorBytes, 0, cursorBytes.length)) {
    throw otherCursor(cursorBytes.length);
  }
  const header: LinesHeader = {
    kind,
    cursor: cursorBytes,
    epoch: integerOf(epoch, 0n, U64_MAX),
    cores: cores as number | undefined,
    sources: taken,
    watermark: integerOf(watermark, I64_MIN, I64_MAX),
  };
  return { header };
}

function parseSources(sources: unknown): ReadonlyMap<string, bigint> | undefined {
  if (typeof sources !== 'object' || sources === null || Array.isArray(sources)) return undefined;
  const taken = new Map<string, bigint>();
  for (const [name, lines] of Object.entries(sources)) {
    const count = integerOf(lines, 0n, U64_MAX);
    if (count === undefined) return undefined;
    taken.set(name, count);
  }
  return taken;
}

function integerOf(text: unknown, least: bigint, greatest: bigint): bigint | undefined {
  if (typeof text !== 'string' || !/^(0|-?[1-9]\d{0,19})$/.test(text)) return undefined;
  const integer = BigInt(text);
  return integer < least || integer > greatest ? undefined : integer;
}

function parseEnd(end: unknown): ParsedLine | string {
  if (typeof end !== 'object' || end === null) return 'it is not how an export ends';
  const { keys, digest, attributes } = end as Record<string, unknown>;
  const isGood =
    Object.keys(end).every((name) => END_FIELDS.has(name)) &&
    Number.isSafeInteger(keys) &&
    typeof digest === 'string' &&
    DIGEST.test(digest) &&
    (attributes === undefined || (typeof attributes === 'string' && DIGEST.test(attributes)));
  if (!isGood) return 'it is not how an export ends';
  return { end: { keys: keys as number, digest, attributes } };
}

/** An increment (increment-lines.ts) is no whole content. */
function onlyOnto(): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'it holds only what changed in a store, and makes none', {
    safe: 'nothing was made of it',
    hint: `apply it to a store that stands where it starts: 'statelog import INCREMENT --onto STORE'`,
  });
}

function otherVersion(found: unknown): StatelogError {
  return new StatelogError('UNSUPPORTED_VERSION', `the export is of version ${String(found)}`, {
    expected: String(LINES_VERSION),
    found: String(found),
    hint: 'a newer statelog may read it',
  });
}

function otherCursor(bytes: number): StatelogError {
  return new StatelogError('UNSUPPORTED_VERSION', 'the cursor of the export is of a kind that is not known', {
    found: `${bytes} bytes`,
    hint: 'a newer statelog may read it',
  });
}

/** The field of a key or a value: as text, or in base64 where it is not UTF-8. */
export function bytesField(name: 'key' | 'value', bytes: Uint8Array): string {
  const text = isUtf8(bytes) ? fromUtf8(bytes) : undefined;
  return text === undefined ? `"${name}Base64":"${toBase64(bytes)}"` : `"${name}":${JSON.stringify(text)}`;
}

function* base64Parts(bytes: Uint8Array): Generator<string, void> {
  for (let at = 0; at < bytes.length; at += PART_BYTES) yield toBase64(bytes.subarray(at, at + PART_BYTES));
}

/** Cut between characters, as JSON has them, without the quotes. */
function* utf8Parts(bytes: Uint8Array): Generator<string, void> {
  for (let at = 0, end = 0; at < bytes.length; at = end) {
    end = Math.min(at + PART_BYTES, bytes.length);
    while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
    yield JSON.stringify(fromUtf8(bytes.subarray(at, end))).slice(1, -1);
  }
}

/** Reads that field; undefined where it is not there, or wrong. */
export function bytesOf(fields: JsonFields, name: 'key' | 'value'): Uint8Array | undefined {
  const text = fields[name];
  if (text instanceof LongText) return text.takeUtf8();
  if (typeof text === 'string') return isWellFormed(text) ? toUtf8(text) : undefined;
  const base64 = fields[`${name}Base64`];
  if (base64 instanceof LongText) return base64.takeBase64();
  return typeof base64 === 'string' ? fromBase64(base64) : undefined;
}
