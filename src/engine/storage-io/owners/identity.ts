import { StatelogError } from '../../errors.js';
import type { FileStatus, FileSystem } from '../interface/file-system.js';

/** A file or folder that is held open, and what must still be found at its path. */
export interface HeldPath {
  readonly path: string;
  /** How it is called in messages: "its folder", "its log". */
  readonly name: string;
  /** Device and inode of what is held. */
  readonly identity: string;
  /** True for a user's path, which may lead through a link; a store's own files are no links. */
  readonly followsLinks?: boolean | undefined;
  /** For a file that has one name: a second one would let others write it under another path. */
  readonly hasOneName?: boolean | undefined;
  /** Bytes that it must have: undefined for any number. */
  readonly size?: number | undefined;
  /** When it was last written, by us: undefined for any time. */
  readonly modifiedNs?: bigint | undefined;
}

/**
 * Checks that paths still mean what is held: a store is what was opened and locked, not what now lies at its path.
 * @param store the path that the user named, for the message
 * @throws StatelogError `STORE_REPLACED` where one was moved, removed, replaced, cut, or written by others
 */
export function checkStillHeld(fileSystem: FileSystem, store: string, held: readonly HeldPath[]): void {
  for (const one of held) statusIfHeld(fileSystem, store, one);
}

/** Checks one path as `checkStillHeld` does; what is there. */
export function statusIfHeld(fileSystem: FileSystem, store: string, held: HeldPath): FileStatus {
  const { path, name } = held;
  const found = held.followsLinks === true ? fileSystem.statusFollowing(path) : fileSystem.status(path);
  if (found === undefined) throw replaced(store, path, `${name} was moved or removed`);
  const change = changeOf(held, found);
  if (change !== undefined) throw replaced(store, path, `${name} ${change}`);
  return found;
}

/** The change of a held path, as the end of a sentence; undefined if it is as it was. */
function changeOf(held: HeldPath, found: FileStatus): string | undefined {
  if (found.identity !== held.identity) return 'was replaced';
  if (held.hasOneName === true && found.linkCount !== 1) return 'has got a second name (a hard link)';
  if (held.size !== undefined && found.size !== held.size) {
    return found.size < held.size ? 'was cut' : 'was written by others';
  }
  if (held.modifiedNs !== undefined && found.modifiedNs !== held.modifiedNs) return 'was written by others';
  return undefined;
}

/** The error for a folder that somebody moved away, removed or replaced while it was read. */
export function replacedWhileRead(path: string): StatelogError {
  return new StatelogError(
    'STORE_REPLACED',
    'what is at this path is no longer what was opened: it was moved, removed or replaced meanwhile',
    {
      path,
      safe: 'nothing of what is there now was changed',
      hint: 'run it again to read what is there now',
    },
  );
}

/**
 * The error for a store whose path means something else by now.
 * @param acknowledged where what was acknowledged is
 */
export function replaced(
  store: string,
  path: string,
  change: string,
  acknowledged = 'is in what was opened, wherever it lies now',
): StatelogError {
  return new StatelogError(
    'STORE_REPLACED',
    `the store at ${store} is no longer the one that was opened: ${change}`,
    { path, hint: `what was acknowledged ${acknowledged}; nothing that is at the path now was touched` },
  );
}
