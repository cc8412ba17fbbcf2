import { isStatelogError } from '../../errors.js';
import { anchoredBeside } from '../../storage-io/views/anchored-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { MappingPolicy } from './state-file.js';
import { StateFile } from './state-file.js';
import type { IndexCandidate, StatePair, ValuesCandidate } from './state-pair.js';
import {
  choosePair,
  closeCandidates,
  examineIndex,
  examineValues,
  openIfThere,
  whyNoPair,
} from './state-pair.js';
import { type StatePaths, realStatePathsOf, statePathsOf } from '../format/state-paths.js';

export interface StateFileOptions {
  readonly mapping?: MappingPolicy | undefined;
  /** The expected `headCrc` of the index, if it is known: its block is then read only as it is needed. */
  readonly knownHeadCrc?: number | undefined;
}

/** A writer that puts a new generation in place may move files while they are being opened. */
const MOVED_TRIES_MAX = 100;

/**
 * Opens `path` and its index as they are: for a state directory's checkpoints, which are never
 * changed under their names.
 * @throws StatelogError `NOT_FOUND`, `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`, `DAMAGED`, and what opening
 * files throws
 */
export function openStateFile(
  fileSystem: FileSystem,
  path: string,
  options: StateFileOptions = {},
): StateFile {
  const paths = statePathsOf(path);
  return openAny(fileSystem, paths, { valuesPaths: [paths.values], indexPaths: [paths.index] }, options);
}

/**
 * Opens a bare pair, which a writer may be about to compact or may have left half-way: of `NAME.db`,
 * `NAME.idx` and the same with `.new`, those that belong together, the newer generation first.
 * Nothing is changed.
 * @throws StatelogError as `openStateFile`
 */
export function openBarePair(disk: FileSystem, path: string, options: StateFileOptions = {}): StateFile {
  const fileSystem = anchoredBeside(disk, path);
  const paths = realStatePathsOf(fileSystem, path);
  const valuesPaths = [paths.values, paths.newValues];
  const indexPaths = [paths.index, paths.newIndex];
  const names = [...valuesPaths, ...indexPaths];
  for (let tries = 1; ; tries += 1) {
    const before = identities(fileSystem, names);
    try {
      return openAny(fileSystem, paths, { valuesPaths, indexPaths }, options);
    } catch (error) {
      const moved = identities(fileSystem, names) !== before;
      if (!moved || tries > MOVED_TRIES_MAX || !isStatelogError(error)) throw error;
    }
  }
}

function openAny(
  fileSystem: FileSystem,
  paths: StatePaths,
  { valuesPaths, indexPaths }: { valuesPaths: readonly string[]; indexPaths: readonly string[] },
  options: StateFileOptions,
): StateFile {
  const values: ValuesCandidate[] = [];
  const indexes: IndexCandidate[] = [];
  let chosen: StatePair | undefined;
  try {
    // The index first: whatever state file of its generation is opened after it holds its values.
    for (const name of indexPaths) {
      const descriptor = openIfThere(fileSystem, name);
      if (descriptor !== undefined) {
        indexes.push(examineIndex(fileSystem, name, descriptor, options.knownHeadCrc));
      }
    }
    for (const name of valuesPaths) {
      const descriptor = openIfThere(fileSystem, name);
      if (descriptor !== undefined) values.push(examineValues(fileSystem, name, descriptor));
    }
    chosen = choosePair(values, indexes);
    if (chosen === undefined) throw whyNoPair(paths, values, indexes);
    return openPair(fileSystem, chosen, options);
  } finally {
    closeCandidates(fileSystem, [...values, ...indexes], chosen);
  }
}

/** Takes over the pair's descriptors: they are closed where this throws. */
function openPair(fileSystem: FileSystem, pair: StatePair, options: StateFileOptions): StateFile {
  try {
    return new StateFile(fileSystem, pair, options.mapping);
  } catch (error) {
    closeQuietly(fileSystem, pair.values.descriptor);
    closeQuietly(fileSystem, pair.index.descriptor);
    throw error;
  }
}

function identities(fileSystem: FileSystem, names: readonly string[]): string {
  return names.map((name) => fileSystem.statusFollowing(name)?.identity ?? '-').join(' ');
}
