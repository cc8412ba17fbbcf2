import { basename } from 'node:path';
import { StatelogError } from '../../errors.js';
import {
  isTemporaryNameOf,
  removeQuietly,
  replaceFile,
  temporaryPath,
} from '../../storage-io/whole/atomic-write.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { IndexFileWriter, type IndexFileFields, type IndexFileResult } from '../write/index-file-writer.js';
import type { IndexMeasure } from '../format/index-size.js';
import type { PlaceTable } from './place-table.js';
import { StateGeneration } from './state-generation.js';
import type { StatePaths } from '../format/state-paths.js';

/** A generation under a temporary name: nobody takes it for anything yet. */
export interface Draft {
  readonly generation: StateGeneration;
  readonly temporary: string;
}

/**
 * Starts the next generation in a new file, locked as the store's file is.
 * @param capacity bytes of the file to reserve
 */
export function startDraft(
  fileSystem: FileSystem,
  paths: StatePaths,
  number: bigint,
  capacity: number,
): Draft {
  const temporary = temporaryPath(paths.newValues);
  const descriptor = fileSystem.createExclusive(temporary);
  try {
    lockOwn(fileSystem, descriptor, temporary);
    const generation = StateGeneration.create(fileSystem, paths.values, descriptor, number, capacity);
    return { generation, temporary };
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    removeQuietly(fileSystem, temporary);
    throw error;
  }
}

/** Gives a draft the name under which a crash may leave it. There is no index to it yet. */
export function adoptDraft(fileSystem: FileSystem, paths: StatePaths, draft: Draft): void {
  fileSystem.rename(draft.temporary, paths.newValues);
}

/** Removes a draft that came to nothing. */
export function discardDraft(fileSystem: FileSystem, draft: Draft): void {
  draft.generation.close();
  removeQuietly(fileSystem, draft.temporary);
}

/** A file that nobody else can have opened is locked at once. */
export function lockOwn(fileSystem: FileSystem, descriptor: FileDescriptor, path: string): void {
  if (!fileSystem.tryLock(descriptor)) {
    throw new StatelogError('LOCKED', 'another process holds the new state file', {
      path,
      operation: 'flock',
    });
  }
}

/**
 * Writes the index of a table, so that a crash at any moment leaves the old one or the new one whole.
 * The values must be synced before. Durable when it returns.
 */
export function writeIndex(
  fileSystem: FileSystem,
  path: string,
  table: PlaceTable,
  fields: IndexFileFields,
  similar: IndexMeasure | undefined,
): IndexFileResult {
  const { count, keyBytes } = table;
  let result: IndexFileResult | undefined;
  replaceFile(fileSystem, path, (descriptor) => {
    const options = {
      fileSystem,
      descriptor,
      path,
      count,
      keyBytes,
      similar,
      writePosExpected: fields.writePos,
    };
    const writer = new IndexFileWriter(options);
    addAll(table, writer);
    result = writer.finish(fields);
  });
  return result as unknown as IndexFileResult;
}

/**
 * Puts a generation in the place of the last one: both of its files are whole and durable under
 * their `.new` names, and a crash between the two renames leaves a pair that belongs together.
 */
export function finishRenames(fileSystem: FileSystem, paths: StatePaths): void {
  fileSystem.rename(paths.newValues, paths.values);
  fileSystem.rename(paths.newIndex, paths.index);
  fileSystem.syncDirectory(paths.folder);
}

/** Removes what crashes have left beside a store that is locked: names of ours, and nothing else. */
export function removeLeftovers(fileSystem: FileSystem, paths: StatePaths): void {
  const targets = [paths.values, paths.index, paths.newValues, paths.newIndex].map((path) => basename(path));
  const isNew = new Set([basename(paths.newValues), basename(paths.newIndex)]);
  for (const name of fileSystem.readDirectory(paths.folder)) {
    if (isNew.has(name) || targets.some((target) => isTemporaryNameOf(name, target))) {
      fileSystem.remove(`${paths.folder}/${name}`);
    }
  }
}

/** No view is made of any key. */
function addAll({ keys }: PlaceTable, writer: IndexFileWriter): void {
  const cursor = keys.cursor();
  for (let slot = cursor.first(); slot >= 0; slot = cursor.next()) {
    const { keyBytes, keyStart, keyLength } = keys.locateKey(slot);
    writer.addAt(keyBytes, keyStart, keyLength, keys.firstWord(slot), keys.secondWord(slot));
  }
}
