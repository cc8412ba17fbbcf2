import { basename, dirname, join } from 'node:path';
import type { FileSystem } from '../interface/file-system.js';
import { removeTree } from './remove-tree.js';

/*
 * The hidden names under which files and folders are put together, and an account of those that this process has made: whoever
 * ends it early can take all of them away, since none has its name yet.
 */

const staged = new Map<string, FileSystem>();
const kept = new Set<string>();
const listening: { tell: ((path: string, isStaged: boolean) => void) | undefined } = { tell: undefined };

/** Takes note of a hidden file or folder that is about to be made. */
export function noteStaged(fileSystem: FileSystem, path: string): void {
  staged.set(path, fileSystem);
  listening.tell?.(path, true);
}

/** It has its name now, or is gone. */
export function forgetStaged(path: string): void {
  staged.delete(path);
  kept.delete(path);
  listening.tell?.(path, false);
}

/** A process that ends early leaves it from now on: another one goes on with it. */
export function keepStaged(path: string): void {
  forgetStaged(path);
  kept.add(path);
}

/** The paths of what would be left. */
export function keptPaths(): readonly string[] {
  return [...kept];
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

const MARK = '.tmp-';
const RANDOM_DIGITS = 12;
const PATTERN = /^\.(.+)\.tmp-[0-9a-f]{12}$/s;
/** A name may have 255 bytes; the dot, the mark and the digits take 18 of them. */
const STEM_BYTES_MAX = 255 - 1 - MARK.length - RANDOM_DIGITS;

/**
 * A path in the folder of `path` for what will replace it: `.NAME.tmp-` and 12 random digits,
 * so that a leftover of a crash is told from anything that is not ours. Not secret: it is created
 * with O_EXCL.
 */
export function temporaryPath(path: string): string {
  const random = Math.floor(Math.random() * 2 ** (4 * RANDOM_DIGITS));
  const digits = random.toString(16).padStart(RANDOM_DIGITS, '0');
  return join(dirname(path), `.${stemOf(basename(path))}${MARK}${digits}`);
}

/** True for the name (no path) of a temporary file or folder that we make, whatever it was to replace. */
export function isTemporaryName(name: string): boolean {
  return PATTERN.test(name);
}

/** True for the name of a temporary file or folder that was to become `target` (a name, no path). */
export function isTemporaryNameOf(name: string, target: string): boolean {
  return PATTERN.exec(name)?.[1] === stemOf(target);
}

/** The target's name, cut between characters where the temporary name would grow too long. */
function stemOf(name: string): string {
  if (Buffer.byteLength(name) <= STEM_BYTES_MAX) return name;
  let stem = '';
  let bytes = 0;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > STEM_BYTES_MAX) break;
    stem += character;
  }
  return stem;
}
