import { basename, dirname, join, resolve } from 'node:path';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { replacedWhileRead } from '../storage-io/owners/identity.js';
import { realPathIfThere } from '../storage-io/owners/named-path.js';

/** A path as links lead to it: what is there, and the names behind it that are not there yet. */
export interface Whereabouts {
  /** The real path of the nearest thing that is there: of the path itself, or of a folder around it. */
  readonly there: string;
  /** The path itself, below what is there. */
  readonly path: string;
  readonly missing: readonly string[];
}

/** Follows the links of a path as far as something is there. */
export function whereabouts(fileSystem: FileSystem, path: string): Whereabouts {
  const missing: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    const isThere = at === dirname(at) || fileSystem.statusFollowing(at) !== undefined;
    const there = isThere ? realPathIfThere(fileSystem, at) : undefined;
    if (there !== undefined) return { there, path: join(there, ...missing), missing };
    missing.unshift(basename(at));
  }
}

/** How often what is around a path may be taken away while it is looked at, before that is an error. */
const TRIES_MAX = 100;

/**
 * The identity of a path, then that of each folder around it. What is not there goes by its name.
 * @throws StatelogError `STORE_REPLACED` where a folder around it is taken away each time
 */
export function identitiesAround(fileSystem: FileSystem, path: string): string[] {
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
    const { there, missing } = whereabouts(fileSystem, path);
    const found = identitiesUpFrom(fileSystem, there);
    if (found !== undefined)
      return missing.length === 0 ? found : [[found[0], ...missing].join('/'), ...found];
  }
  throw replacedWhileRead(path);
}

/** @returns undefined where one was taken away meanwhile: what is around the path is another thing by now */
function identitiesUpFrom(fileSystem: FileSystem, there: string): string[] | undefined {
  const found: string[] = [];
  for (let folder = there; ; folder = dirname(folder)) {
    const status = fileSystem.statusFollowing(folder);
    if (status === undefined) return undefined;
    found.push(status.identity);
    if (folder === dirname(folder)) return found;
  }
}
