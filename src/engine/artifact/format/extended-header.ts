import { isUtf8 } from '../../bytes/text/text.js';

/** The fields that a pax or GNU header gives to the entry behind it. */
export interface Extension {
  readonly name?: string | undefined;
  readonly size?: number | undefined;
}

/** An extended header is held whole: longer ones say nothing that an artifact needs. */
export const EXTENDED_BYTES_MAX = 64 * 1024;

/** Facts of a file that an artifact does not keep, and that change nothing of its bytes. */
const PASSED_OVER = new Set([
  ...['mtime', 'atime', 'ctime', 'uid', 'gid', 'uname', 'gname', 'comment', 'charset', 'hdrcharset'],
  ...['LIBARCHIVE.creationtime', 'SCHILY.dev', 'SCHILY.ino', 'SCHILY.nlink'],
]);

/**
 * Reads the records of a pax header: `LENGTH KEY=VALUE`, each with a line feed. Only what repeats or lengthens the plain
 * header is taken: a path, a size, and what is passed over.
 * @returns a string that says why it is refused
 */
export function decodePax(bytes: Uint8Array): Extension | string {
  if (!isUtf8(bytes)) return 'an extended header (pax) is not UTF-8';
  let name: string | undefined;
  let size: number | undefined;
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(Buffer.from(bytes.subarray(at, space < 0 ? at : space)).toString('latin1'));
    const end = at + length;
    const isWhole = Number.isInteger(length) && length > 0 && end <= bytes.length && bytes[end - 1] === 0x0a;
    const equals = bytes.indexOf(0x3d, space);
    if (space < 0 || !isWhole || equals < 0 || equals >= end) return 'an extended header (pax) is not whole';
    const key = Buffer.from(bytes.subarray(space + 1, equals)).toString('utf8');
    const value = Buffer.from(bytes.subarray(equals + 1, end - 1)).toString('utf8');
    if (key === 'path') name = value;
    else if (key === 'size' && /^\d{1,15}$/.test(value)) size = Number(value);
    else if (!PASSED_OVER.has(key)) return `an extended header (pax) says "${key.slice(0, 40)}" of an entry`;
    at = end;
  }
  return { name, size };
}

/** Reads a GNU header for a long name: the name, and NULs. */
export function decodeLongName(bytes: Uint8Array): Extension | string {
  const end = bytes.indexOf(0);
  const name = end < 0 ? bytes : bytes.subarray(0, end);
  const isClean = isUtf8(name) && !bytes.subarray(name.length).some((byte) => byte !== 0);
  return isClean
    ? { name: Buffer.from(name).toString('utf8') }
    : 'a long name (GNU) is not text that ends with NUL';
}
