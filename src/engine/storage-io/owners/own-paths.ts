import { StatelogError } from '../../errors.js';
import type { FileStatus, FileSystem } from '../interface/file-system.js';

/**
 * Checks that folders of a store are folders, and no links that lead a writer elsewhere; what is not there is passed over.
 * @throws StatelogError `LED_ELSEWHERE`
 */
export function refuseLinkedFolders(fileSystem: FileSystem, paths: readonly string[]): void {
  for (const path of paths) {
    const status = fileSystem.status(path);
    if (status !== undefined && status.kind !== 'directory') throw ledElsewhere(path, wordOf(status));
  }
}

/**
 * Checks that a file of a store, which only its writer may write, is a file with that one name.
 * @throws StatelogError `LED_ELSEWHERE`; `NOT_FOUND` for an open file whose name is gone
 */
export function refuseLinkedFile(path: string, status: FileStatus | undefined): void {
  if (status === undefined || (status.kind === 'file' && status.linkCount === 1)) return;
  if (status.linkCount === 0) throw goneMeanwhile(path);
  throw ledElsewhere(path, status.kind === 'file' ? 'a file with other names (hard links)' : wordOf(status));
}

function goneMeanwhile(path: string): StatelogError {
  return new StatelogError('NOT_FOUND', 'somebody else took it away at this moment', {
    path,
    safe: 'nothing was changed',
    hint: 'run it again once what lies there is settled',
  });
}

function wordOf({ kind }: FileStatus): string {
  return kind === 'symlink' ? 'a symbolic link' : `a ${kind}`;
}

/** The error for a path that leads to something other than a store's own. */
export function ledElsewhere(
  path: string,
  what: string,
  why = 'what is written there would land elsewhere',
): StatelogError {
  return new StatelogError('LED_ELSEWHERE', `${path} is ${what}: ${why}`, {
    path,
    safe: 'nothing was changed, neither there nor where it leads',
    hint: 'look at where it leads; a copy of its own in its place makes the store whole again',
  });
}
