import { isWellFormed } from '../../bytes/text/text.js';
import { PATH_BYTES_MAX, PATH_DEPTH_MAX, PAYLOAD_FOLDER } from './format.js';

const BACKSLASH = '\\';
/** Control characters, NUL among them. */
const CONTROL = /\p{Cc}/u;

/**
 * Why a path may not stand in an artifact; undefined if it may. It must be relative, with `/`
 * between its parts, none of which is empty, `.` or `..`, so that it cannot lead anywhere but below
 * the folder that it is joined to.
 */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.startsWith('/')) return 'it is absolute';
  if (path.includes(BACKSLASH)) return 'it has a backslash';
  if (CONTROL.test(path)) return 'it has a control character';
  if (!isWellFormed(path)) return 'it is not UTF-8';
  if (Buffer.byteLength(path) > PATH_BYTES_MAX) return `it has more than ${PATH_BYTES_MAX} bytes`;
  const parts = path.split('/');
  if (parts.length > PATH_DEPTH_MAX) return `it has more than ${PATH_DEPTH_MAX} parts`;
  if (parts.includes('')) return 'a part of it is empty';
  if (parts.includes('.') || parts.includes('..')) return 'a part of it is . or ..';
  return undefined;
}

/** The fault of a payload file's path, which must also lie under `data/`. */
export function payloadPathFault(path: string): string | undefined {
  const fault = pathFault(path);
  if (fault !== undefined) return fault;
  return path.startsWith(`${PAYLOAD_FOLDER}/`) ? undefined : `it is not under ${PAYLOAD_FOLDER}/`;
}

/** The folders that a path lies in, the outermost first. */
export function foldersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Below 0 if `a` sorts before `b`: part by part, as the original sorts paths. */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = Buffer.compare(Buffer.from(left[index]!), Buffer.from(right[index]!));
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
