import { StatelogError, isStatelogError } from '../../../errors.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import { replaceFile } from '../../../storage-io/whole/atomic-write.js';
import { readWholeFile } from '../../../storage-io/whole/write-fully.js';

const FORMAT = 1;
const BYTES_MAX = 64 * 1024;

/** The stream that a fold is the copy of, and which part of it: kept beside the fold, since its log has no place for it. */
export interface Origin {
  /** The stream's name: `KV_` and the bucket's. */
  readonly stream: string;
  /** When the stream was made, as its server says it. One made anew under the same name says another. */
  readonly created: string;
  /** Only keys that start with it are in the fold; empty: all. */
  readonly prefix: string;
}

/** The file beside a fold that names its stream. */
export function originPath(fold: string): string {
  return `${fold}.source.json`;
}

/**
 * The origin of a fold; undefined where there is no such file.
 * @throws StatelogError `UNSUPPORTED_VERSION`, `UNKNOWN_FORMAT` for a file that is not ours; what the file system throws
 */
export function readOrigin(fileSystem: FileSystem, fold: string): Origin | undefined {
  const path = originPath(fold);
  let bytes: Uint8Array;
  try {
    bytes = readWholeFile(fileSystem, path, BYTES_MAX);
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
  return parseOrigin(path, bytes);
}

/** Writes the origin of a fold; it is on disk on return. */
export function writeOrigin(fileSystem: FileSystem, fold: string, { stream, created, prefix }: Origin): void {
  const text = `${JSON.stringify({ statelog: FORMAT, stream, created, prefix })}\n`;
  replaceFile(fileSystem, originPath(fold), new TextEncoder().encode(text));
}

function parseOrigin(path: string, bytes: Uint8Array): Origin {
  let fields: unknown;
  try {
    fields = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw notOurs(path, cause);
  }
  const { statelog, stream, created, prefix } = Object(fields) as Record<string, unknown>;
  if (typeof statelog === 'number' && statelog > FORMAT) {
    throw new StatelogError('UNSUPPORTED_VERSION', `version ${statelog} of this file is not known here`, {
      path,
      hint: 'use the statelog that wrote it, or a later one',
    });
  }
  if (
    statelog !== FORMAT ||
    typeof stream !== 'string' ||
    typeof created !== 'string' ||
    typeof prefix !== 'string'
  )
    throw notOurs(path);
  return { stream, created, prefix };
}

function notOurs(path: string, cause?: unknown): StatelogError {
  return new StatelogError(
    'UNKNOWN_FORMAT',
    'this should say which stream the fold beside it is of, and does not',
    {
      path,
      safe: 'the fold was not touched',
      hint: 'move it away: the next pull then takes the fold as it stands, after the same checks of its cursor',
      cause,
    },
  );
}
