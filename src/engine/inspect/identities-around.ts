import { basename, dirname, resolve } from 'node:path';
import type { FileSystem } from '../storage-io/interface/file-system.js';

/** The identity of a path, then that of each folder around it. What is not there goes by its name. */
export function identitiesAround(fileSystem: FileSystem, path: string): string[] {
  const missing: string[] = [];
  let at = resolve(path);
  while (fileSystem.statusFollowing(at) === undefined) {
    missing.unshift(basename(at));
    at = dirname(at);
  }
  const found: string[] = [];
  for (let folder = fileSystem.realPath(at); ; folder = dirname(folder)) {
    found.push(fileSystem.statusFollowing(folder)!.identity);
    if (folder === dirname(folder)) break;
  }
  return missing.length === 0 ? found : [[found[0], ...missing].join('/'), ...found];
}
