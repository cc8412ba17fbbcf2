import { dirname, join } from 'node:path';
import { StatelogError } from '../../errors.js';
import type { FileSystem } from '../interface/file-system.js';
import { isTemporaryNameOf } from './staged-paths.js';

/** Name of the staging folder within an empty folder that is to be filled. */
export const STAGED_NAME = 'staged';
/** An empty volume has this folder. */
export const VOLUME_FOLDER_NAME = 'lost+found';
/** The file that is put in its place last: it says that all the others are there. */
const LAST_NAME = 'MANIFEST.json';

/** True for a folder that may be filled: nothing is in it but what a new volume has, and what is staged for it. */
export function isEmptyFolder(fileSystem: FileSystem, path: string): boolean {
  if (fileSystem.status(path)?.kind !== 'directory') return false;
  const names = fileSystem.readDirectory(path);
  return names.every((name) => name === VOLUME_FOLDER_NAME || isTemporaryNameOf(name, STAGED_NAME));
}

/**
 * Checks that a folder may be put at a path: nothing is there, or an empty folder.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function refuseOccupiedFolder(fileSystem: FileSystem, path: string): void {
  if (fileSystem.status(path) !== undefined && !isEmptyFolder(fileSystem, path)) throw occupied(path);
}

/**
 * Checks that a file may be put at a path: nothing is there.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function refuseOccupiedFile(fileSystem: FileSystem, path: string): void {
  if (fileSystem.status(path) !== undefined) throw occupied(path);
}

/**
 * Renames a finished file or folder to its place; on disk on return. An empty folder that is there already is filled, and
 * keeps its owner, mode and place on a volume of its own: the manifest comes last, so that what is there without one is
 * known not to be complete.
 * @throws StatelogError `ALREADY_EXISTS`
 */
export function moveIntoPlace(fileSystem: FileSystem, from: string, destination: string): void {
  if (fileSystem.status(destination)?.kind === 'directory') {
    if (fileSystem.status(from)?.kind !== 'directory') throw folderInPlace(destination);
    fillFolder(fileSystem, from, destination);
    return;
  }
  fileSystem.renameExclusive(from, destination);
  fileSystem.syncDirectory(dirname(destination));
}

function fillFolder(fileSystem: FileSystem, from: string, destination: string): void {
  refuseOccupiedFolder(fileSystem, destination);
  const names = fileSystem.readDirectory(from).filter((name) => name !== LAST_NAME);
  for (const name of names) fileSystem.renameExclusive(join(from, name), join(destination, name));
  fileSystem.syncDirectory(destination);
  if (fileSystem.status(join(from, LAST_NAME)) === undefined) return;
  fileSystem.renameExclusive(join(from, LAST_NAME), join(destination, LAST_NAME));
  fileSystem.syncDirectory(destination);
}

function folderInPlace(path: string): StatelogError {
  return new StatelogError('ALREADY_EXISTS', 'a folder is there, and what is made is a single file', {
    path,
    safe: 'nothing was changed',
    hint: 'name a path in it',
  });
}

function occupied(path: string): StatelogError {
  return new StatelogError('ALREADY_EXISTS', `${path} exists already`, {
    path,
    hint: 'name a path where nothing is',
    safe: 'what is there was not touched',
  });
}
