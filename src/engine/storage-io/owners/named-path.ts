import { resolve } from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import type { FileSystem } from '../interface/file-system.js';

/** The start of a path up to its last `..`, where a name stands before that. */
const UP_FROM_A_NAME = /^(?:.*\/)?(?!\.{1,2}\/)[^/]+\/(?:.*\/)?\.\.(?=\/|$)/s;
/** A path that says that it is a folder. */
const SAYS_FOLDER = /^(.*[^/])\/+(?:\.\/*)?$/s;

/**
 * The place that a path means to the system, in a form that keeps its meaning when names are joined to it. Joining leaves out
 * `NAME/..` by the text, and where NAME is a symbolic link that is another folder: `link/../store` lies beside what the link leads to.
 * So does a slash at the end, through which a link is followed. A path of which text and system say one thing stays as it is.
 * @throws StatelogError `NOT_FOUND` where a folder that the path goes up from is not there
 */
export function namedPath(fileSystem: FileSystem, path: string): string {
  const upward = UP_FROM_A_NAME.exec(path)?.[0];
  if (upward !== undefined) {
    const real = folderOf(fileSystem, upward, path);
    const isAsWritten = real === realPathIfThere(fileSystem, resolve(upward));
    return isAsWritten ? path : namedPath(fileSystem, `${real}${path.slice(upward.length)}`);
  }
  const [, link] = SAYS_FOLDER.exec(path) ?? [];
  if (link === undefined || link.endsWith('/..') || fileSystem.status(link)?.kind !== 'symlink') return path;
  return fileSystem.statusFollowing(link) === undefined ? path : fileSystem.realPath(link);
}

function folderOf(fileSystem: FileSystem, upward: string, path: string): string {
  const real = realPathIfThere(fileSystem, upward);
  if (real !== undefined) return real;
  throw new StatelogError('NOT_FOUND', `there is no folder ${upward}`, {
    path,
    safe: 'nothing was changed',
    hint: 'check the path, or make the folder first',
  });
}

/** The path without links; undefined where nothing is, or no longer. */
export function realPathIfThere(fileSystem: FileSystem, path: string): string | undefined {
  try {
    return fileSystem.realPath(path);
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND') || isStatelogError(error, 'NOT_A_DIRECTORY')) return undefined;
    throw error;
  }
}
