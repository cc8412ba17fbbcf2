import { fromBase64, fromHex, fromUtf8, isUtf8, toBase64, toHex, toUtf8 } from '../bytes/text.js';
import { StatelogError } from '../errors.js';
import { isKnownCursor } from '../fold/watch-cursor.js';
import type { StoredEntry } from '../store/store.js';

/** What the first line of an NDJSON export says. */
export interface LinesHeader {
  readonly kind: 'directory' | 'log';
  /** Raw bytes; undefined where the kind has none. */
  readonly cursor: Uint8Array | undefined;
  readonly epoch: bigint | undefined;
  readonly cores: number | undefined;
}

/** What the last line says: without it the stream was cut. */
export interface LinesEnd {
  readonly keys: number;
  readonly digest: string;
}

/** One line of an export. */
export type ParsedLine =
  { readonly header: LinesHeader } | { readonly entry: StoredEntry } | { readonly end: LinesEnd };

const LINES_VERSION = 1;

/** The first line, its line end included. */
export function headerLine({ kind, cursor, epoch, cores }: LinesHeader): string {
  const json = {
    statelog: LINES_VERSION,
    kind,
    cursor: cursor === undefined || cursor.length === 0 ? null : toHex(cursor),
    ...(epoch === undefined ? {} : { epoch: String(epoch) }),
    ...(cores === undefined ? {} : { cores }),
  };
  return `${JSON.stringify(json)}\n`;
}

/** One entry's line. Keys and values that are not UTF-8 stand in `keyBase64` and `valueBase64`. */
export function entryLine({ key, value, version }: StoredEntry): string {
  const json = {
    ...field('key', key),
    ...field('value', value),
    ...(version === undefined || version.length === 0 ? {} : { version: toHex(version) }),
  };
  return `${JSON.stringify(json)}\n`;
}

/** The last line. */
export function endLine({ keys, digest }: LinesEnd): string {
  return `${JSON.stringify({ end: { keys, digest } })}\n`;
}

/**
 * Reads one line.
 * @throws StatelogError `INVALID_LINE`
 */
export function parseLine(bytes: Uint8Array, number: number): ParsedLine {
  const text = fromUtf8(bytes);
  const json = text === undefined ? undefined : parseObject(text);
  if (json === undefined) throw badLine(number, 'it is no JSON object');
  if ('statelog' in json) return { header: parseHeader(json, number) };
  if ('end' in json) return { end: parseEnd(json['end'], number) };
  const key = bytesOf(json, 'key');
  const value = bytesOf(json, 'value');
  if (key === undefined || value === undefined) throw badLine(number, 'it has no key or no value');
  const { version } = json;
  const versionBytes =
    version === undefined ? undefined : typeof version === 'string' ? fromHex(version) : undefined;
  if (version !== undefined && (versionBytes === undefined || versionBytes.length > 10)) {
    throw badLine(number, 'its version is not 0 to 10 bytes in hex');
  }
  return { entry: { key, value, version: versionBytes } };
}

function parseHeader(json: Record<string, unknown>, number: number): LinesHeader {
  const { statelog, kind, cursor, epoch, cores } = json;
  if (statelog !== LINES_VERSION) {
    throw new StatelogError('UNSUPPORTED_VERSION', `the stream is of version ${String(statelog)}`, {
      expected: String(LINES_VERSION),
      found: String(statelog),
      hint: 'a newer statelog may read it',
    });
  }
  const cursorBytes = typeof cursor === 'string' ? fromHex(cursor) : undefined;
  const isGood =
    (kind === 'directory' || kind === 'log') &&
    (cursor === null || cursorBytes !== undefined) &&
    (epoch === undefined || (typeof epoch === 'string' && /^\d{1,19}$/.test(epoch))) &&
    (cores === undefined ||
      (typeof cores === 'number' && Number.isInteger(cores) && cores >= 1 && cores <= 1024));
  if (!isGood) throw badLine(number, 'it is not how an export starts');
  if (cursorBytes !== undefined && !isKnownCursor(cursorBytes, 0, cursorBytes.length)) {
    throw new StatelogError(
      'UNSUPPORTED_VERSION',
      'the cursor of the stream is of a kind that is not known',
      {
        found: `${cursorBytes.length} bytes`,
        hint: 'a newer statelog may read it',
      },
    );
  }
  return { kind, cursor: cursorBytes, epoch: epoch === undefined ? undefined : BigInt(epoch), cores };
}

function parseEnd(end: unknown, number: number): LinesEnd {
  const { keys, digest } = (end ?? {}) as Record<string, unknown>;
  if (typeof keys !== 'number' || typeof digest !== 'string')
    throw badLine(number, 'it is not how an export ends');
  return { keys, digest };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function field(name: 'key' | 'value', bytes: Uint8Array): Record<string, string> {
  return isUtf8(bytes) ? { [name]: fromUtf8(bytes)! } : { [`${name}Base64`]: toBase64(bytes) };
}

function bytesOf(json: Record<string, unknown>, name: 'key' | 'value'): Uint8Array | undefined {
  const text = json[name];
  if (typeof text === 'string') return toUtf8(text);
  const base64 = json[`${name}Base64`];
  return typeof base64 === 'string' ? fromBase64(base64) : undefined;
}

function badLine(line: number, what: string): StatelogError {
  return new StatelogError('INVALID_LINE', `line ${line} of the stream was refused: ${what}`, {
    line,
    safe: 'nothing was made of it',
    hint: `'statelog put --batch' takes lines that are no export`,
  });
}
