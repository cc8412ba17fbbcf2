import { basename, dirname, extname, join } from 'node:path';
import { StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';

const INDEX_EXTENSION = '.idx';
const NEW_SUFFIX = '.new';

/** The names that a state file and what belongs to it may have. */
export interface StatePaths {
  /** The state file, `NAME.db`. */
  readonly values: string;
  /** Its index, `NAME.idx`. */
  readonly index: string;
  /** Paths of the next generation, while it is being written or put in place. */
  readonly newValues: string;
  readonly newIndex: string;
  /** The folder of all of them. */
  readonly folder: string;
}

/**
 * The index of a state file has the same path with its last extension replaced.
 * @throws StatelogError `INVALID_ARGUMENT` where that is the path itself
 */
export function statePathsOf(path: string): StatePaths {
  const name = basename(path);
  const index = join(dirname(path), `${name.slice(0, name.length - extname(name).length)}${INDEX_EXTENSION}`);
  if (basename(index) === name) {
    throw new StatelogError('INVALID_ARGUMENT', 'a state file must not be named .idx, as its index is', {
      path,
      hint: 'name it .db',
    });
  }
  return {
    values: path,
    index,
    newValues: `${path}${NEW_SUFFIX}`,
    newIndex: `${index}${NEW_SUFFIX}`,
    folder: dirname(path),
  };
}

/**
 * The paths of a pair whose own path may be a symbolic link: the store lies where it points, since a rename
 * would replace the link.
 */
export function realStatePathsOf(fileSystem: FileSystem, path: string): StatePaths {
  const isLink = fileSystem.status(path)?.kind === 'symlink';
  return statePathsOf(isLink ? fileSystem.realPath(path) : path);
}
