import { anchoredPlace } from '../../storage-io/views/anchored-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { tryOpenLocked } from '../../storage-io/lock/file-lock.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { FileBackend } from './file-backend.js';
import { INDEX_BYTES_MIN } from '../format/format.js';
import { STORE_ID_BYTES } from '../format/index-block.js';
import { loadIndex } from './index-load.js';
import { PlaceTable } from './place-table.js';
import { StateGeneration } from './state-generation.js';
import {
  type IndexCandidate,
  type StatePair,
  type ValuesCandidate,
  choosePair,
  closeCandidates,
  examineIndex,
  examineValues,
  openIfThere,
  whyNoPair,
} from '../read/state-pair.js';
import { type StatePaths, realStatePathsOf } from '../format/state-paths.js';
import { adoptDraft, lockOwn, removeLeftovers, startDraft } from './state-publication.js';

/**
 * Opens a pair for writing, or creates it, and locks it until it is closed. A pair that a crash left
 * between two generations is put in order first.
 * @param initialCapacity bytes of a new state file; the original's least of 1,056 holds
 * @throws StatelogError `LOCKED`; `READ_ONLY` where the platform has no locks; `DAMAGED`,
 * `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`: nothing was changed then; and what files throw
 */
export function openPersistent(disk: FileSystem, path: string, initialCapacity: number): FileBackend {
  if (!(initialCapacity >= 0)) throw new RangeError(`${initialCapacity} is no capacity`);
  const paths = realStatePathsOf(disk, path);
  const fileSystem = anchoredPlace(disk, paths.values, paths.index);
  refuseLostValues(fileSystem, paths);
  const store = { fileSystem, path, paths, initialCapacity };
  const locked = tryOpenLocked(fileSystem, paths.values, () => fileSystem.openOrCreate(paths.values));
  const others: Candidates = { values: [], indexes: [] };
  try {
    gather(store, others);
    const values = [examineValues(fileSystem, paths.values, locked), ...others.values];
    const pair = choosePair(values, others.indexes);
    if (pair !== undefined) return takeOver(store, locked, pair, highestGeneration(values, others.indexes));
    if (!isUnborn(values, others.indexes)) throw whyNoPair(paths, values, others.indexes);
    return create(store, locked);
  } catch (error) {
    closeQuietly(fileSystem, locked);
    throw error;
  } finally {
    closeCandidates(fileSystem, [...others.values, ...others.indexes]);
  }
}

/** The facts about a store before it is open. */
interface StoreToOpen {
  readonly fileSystem: FileSystem;
  readonly path: string;
  readonly paths: StatePaths;
  readonly initialCapacity: number;
}

/** The files under a pair's names, opened so that one can be chosen. */
interface Candidates {
  readonly values: ValuesCandidate[];
  readonly indexes: IndexCandidate[];
}

/** Opens whatever is there beside the state file itself, the names without `.new` first. */
function gather({ fileSystem, paths }: StoreToOpen, into: Candidates): void {
  for (const path of [paths.index, paths.newIndex]) {
    const descriptor = openIfThere(fileSystem, path);
    if (descriptor !== undefined) into.indexes.push(examineIndex(fileSystem, path, descriptor));
  }
  const descriptor = openIfThere(fileSystem, paths.newValues);
  if (descriptor !== undefined) into.values.push(examineValues(fileSystem, paths.newValues, descriptor));
}

/** An index with keys whose state file is gone: a new store must not take its name. */
function refuseLostValues(fileSystem: FileSystem, paths: StatePaths): void {
  if (fileSystem.statusFollowing(paths.values) !== undefined) return;
  const found: Candidates = { values: [], indexes: [] };
  try {
    gather({ fileSystem, path: paths.values, paths, initialCapacity: 0 }, found);
    const isLost = !found.indexes.every(isEmptyIndex);
    if (isLost && choosePair(found.values, found.indexes) === undefined) {
      throw whyNoPair(paths, [], found.indexes);
    }
  } finally {
    closeCandidates(fileSystem, [...found.values, ...found.indexes]);
  }
}

/** A state file without a byte is one whose creation a crash cut short, or that someone touched. */
function isUnborn(values: readonly ValuesCandidate[], indexes: readonly IndexCandidate[]): boolean {
  return values[0]?.size === 0 && indexes.every(isEmptyIndex);
}

function isEmptyIndex({ head }: IndexCandidate): boolean {
  return head?.writePos === 0 && head.length === INDEX_BYTES_MIN;
}

function highestGeneration(values: readonly ValuesCandidate[], indexes: readonly IndexCandidate[]): bigint {
  const all = [
    ...values.map(({ generation }) => generation),
    ...indexes.map(({ head }) => head?.block?.generation),
  ];
  return all.reduce<bigint>(
    (max, generation) => (generation !== undefined && generation > max ? generation : max),
    0n,
  );
}

/** The first generation is put in place as every other is; until then the locked file is empty. */
function create(store: StoreToOpen, locked: FileDescriptor): FileBackend {
  const { fileSystem, paths, initialCapacity } = store;
  removeLeftovers(fileSystem, paths);
  const draft = startDraft(fileSystem, paths, 1n, initialCapacity);
  try {
    adoptDraft(fileSystem, paths, draft);
    const release = (): boolean => {
      closeQuietly(fileSystem, locked);
      return false;
    };
    const backend = new FileBackend({
      ...store,
      generation: draft.generation,
      published: { retire: release, close: release },
      table: new PlaceTable(),
      storeId: crypto.getRandomValues(new Uint8Array(STORE_ID_BYTES)),
      epoch: 0n,
      coreId: 0,
      nextVersion: 1n,
      generationMax: 1n,
    });
    backend.save();
    return backend;
  } catch (error) {
    draft.generation.close();
    throw error;
  }
}

/** Reads and checks the whole index before anything is changed; then finishes what a crash cut short. */
function takeOver(
  store: StoreToOpen,
  locked: FileDescriptor,
  { values, index }: StatePair,
  generationMax: bigint,
): FileBackend {
  const { fileSystem, paths } = store;
  const { block, writePos, nextVersion, length: indexLength } = index.head;
  const table = loadIndex(fileSystem, index);
  const isNew = values.path === paths.newValues;
  const descriptor = isNew ? fileSystem.openReadWrite(values.path) : locked;
  try {
    if (isNew) lockOwn(fileSystem, descriptor, values.path);
    const position = { writePos, pageSums: block?.valuePageSums };
    const generation = StateGeneration.resume(fileSystem, paths.values, descriptor, position);
    if (isNew) fileSystem.rename(paths.newValues, paths.values);
    if (index.path === paths.newIndex) fileSystem.rename(paths.newIndex, paths.index);
    removeLeftovers(fileSystem, paths);
    // The next save builds on the files that are here now: their names must be as durable as their bytes.
    fileSystem.syncDirectory(paths.folder);
    if (isNew) closeQuietly(fileSystem, locked);
    return new FileBackend({
      ...store,
      generation,
      published: generation,
      table,
      storeId: block?.storeId ?? crypto.getRandomValues(new Uint8Array(STORE_ID_BYTES)),
      epoch: block?.epoch ?? 0n,
      coreId: block?.coreId ?? 0,
      nextVersion,
      generationMax,
      // One that LaminarDB wrote may have nodes of another size: it tells nothing of the next one's.
      measure: block && { count: table.count, keyBytes: table.keyBytes, indexLength },
    });
  } catch (error) {
    if (isNew) closeQuietly(fileSystem, descriptor);
    throw error;
  }
}
