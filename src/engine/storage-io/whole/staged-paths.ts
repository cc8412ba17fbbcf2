import type { FileSystem } from '../interface/file-system.js';
import { removeTree } from './remove-tree.js';

/*
 * What this process is putting together under hidden names, for whoever ends it early: all of it can be taken away, since none
 * of it has its name yet.
 */

const staged = new Map<string, FileSystem>();
const listening: { tell: ((path: string, isStaged: boolean) => void) | undefined } = { tell: undefined };

/** Takes note of a hidden file or folder that is about to be made. */
export function noteStaged(fileSystem: FileSystem, path: string): void {
  staged.set(path, fileSystem);
  listening.tell?.(path, true);
}

/** It has its name now, or is gone. */
export function forgetStaged(path: string): void {
  staged.delete(path);
  listening.tell?.(path, false);
}

/** Removes all that is staged, as far as that goes: for a process that is about to end. */
export function removeStaged(): void {
  for (const [path, fileSystem] of staged) removeTree(fileSystem, path);
  staged.clear();
}

/** From now on one listener is told, before each is made and after it is gone. */
export function onStaged(listener: (path: string, isStaged: boolean) => void): void {
  listening.tell = listener;
}
