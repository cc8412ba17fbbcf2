import { StatelogError, isStatelogError } from '../../errors.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import { STATE_HEADER_BYTES } from '../format/format.js';
import type { IndexHead } from '../format/index-head.js';
import { readIndexHead } from '../format/index-head.js';
import { stateDamage } from '../format/state-damage.js';
import { decodeStateHeader } from '../format/state-header.js';

/** A state file that may be one half of a pair, open. */
export interface ValuesCandidate {
  readonly path: string;
  readonly descriptor: FileDescriptor;
  /** Bytes of the file. */
  readonly size: number;
  /** Undefined where the header could not be read. */
  readonly generation: bigint | undefined;
  readonly failure: StatelogError | undefined;
}

/** An index that may be the other half, open. */
export interface IndexCandidate {
  readonly path: string;
  readonly descriptor: FileDescriptor;
  /** Undefined where it could not be read. */
  readonly head: IndexHead | undefined;
  readonly failure: StatelogError | undefined;
}

/** A state file and the index that belongs to it. */
export interface StatePair {
  readonly values: ValuesCandidate & { readonly generation: bigint };
  readonly index: IndexCandidate & { readonly head: IndexHead };
}

/** Looks at a state file's header; what is wrong with it is kept, since another may fit. */
export function examineValues(
  fileSystem: FileSystem,
  path: string,
  descriptor: FileDescriptor,
): ValuesCandidate {
  let size = 0;
  try {
    size = fileSystem.statusOf(descriptor).size;
    const header = new Uint8Array(Math.min(STATE_HEADER_BYTES, size));
    readFully(fileSystem, descriptor, header);
    return { path, descriptor, size, generation: decodeStateHeader(header, path), failure: undefined };
  } catch (error) {
    return { path, descriptor, size, generation: undefined, failure: statelogErrorOf(error) };
  }
}

/** Looks at an index's header and block; what is wrong with it is kept. */
export function examineIndex(
  fileSystem: FileSystem,
  path: string,
  descriptor: FileDescriptor,
  knownHeadCrc?: number,
): IndexCandidate {
  try {
    const head = readIndexHead(fileSystem, descriptor, path, knownHeadCrc);
    return { path, descriptor, head, failure: undefined };
  } catch (error) {
    return { path, descriptor, head: undefined, failure: statelogErrorOf(error) };
  }
}

/** Opens a file to read; undefined where there is none. */
export function openIfThere(fileSystem: FileSystem, path: string): FileDescriptor | undefined {
  try {
    return fileSystem.openRead(path);
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/**
 * The pair with the highest generation that both halves agree on; where none does, the first index
 * if it has no block, with the first state file: LaminarDB wrote it, and keeps no generations.
 * Candidates stand in order of preference.
 */
export function choosePair(
  values: readonly ValuesCandidate[],
  indexes: readonly IndexCandidate[],
): StatePair | undefined {
  let best: StatePair | undefined;
  for (const index of indexes) {
    for (const file of values) {
      if (!isFitting(file, index)) continue;
      const pair = { values: file, index } as StatePair;
      if (best === undefined || pair.values.generation > best.values.generation) best = pair;
    }
  }
  if (best !== undefined) return best;
  const [file] = values;
  const [index] = indexes;
  if (file?.generation === undefined || index?.head === undefined || index.head.block !== undefined) {
    return undefined;
  }
  return file.size >= STATE_HEADER_BYTES + index.head.writePos
    ? ({ values: file, index } as StatePair)
    : undefined;
}

/** Says why no pair could be chosen: what is wrong with the two files that have the names of one. */
export function whyNoPair(
  paths: { readonly values: string; readonly index: string },
  values: readonly ValuesCandidate[],
  indexes: readonly IndexCandidate[],
): StatelogError {
  const file = values.find(({ path }) => path === paths.values);
  const index = indexes.find(({ path }) => path === paths.index);
  if (file === undefined) {
    if (index === undefined)
      return new StatelogError('NOT_FOUND', 'there is no such state file', { path: paths.values });
    return stateDamage('missing-file', 'the index is there, and its state file is not', paths.values, 0);
  }
  if (file.failure !== undefined) return index?.head === undefined ? file.failure : asDamage(file.failure);
  if (index === undefined) {
    return stateDamage('missing-file', 'the state file cannot be read without its index', paths.index, 0);
  }
  if (index.failure !== undefined) return asDamage(index.failure);
  return whyNotFitting(file, index);
}

/** Closes what was opened to choose from, except for what was chosen. */
export function closeCandidates(
  fileSystem: FileSystem,
  candidates: readonly (ValuesCandidate | IndexCandidate)[],
  chosen?: StatePair,
): void {
  for (const candidate of candidates) {
    if (candidate !== chosen?.values && candidate !== chosen?.index) {
      closeQuietly(fileSystem, candidate.descriptor);
    }
  }
}

function isFitting(file: ValuesCandidate, index: IndexCandidate): boolean {
  const block = index.head?.block;
  return (
    block !== undefined &&
    block.generation === file.generation &&
    file.size >= STATE_HEADER_BYTES + block.valueLength
  );
}

function whyNotFitting(file: ValuesCandidate, index: IndexCandidate): StatelogError {
  const generation = index.head?.block?.generation;
  if (generation !== undefined && generation !== file.generation) {
    return stateDamage('index-mismatch', 'the index belongs to another state file', index.path, 0, {
      expected: `generation ${file.generation ?? 'unknown'}`,
      found: `generation ${generation}`,
    });
  }
  const expected = STATE_HEADER_BYTES + (index.head?.writePos ?? 0);
  return stateDamage('bad-length', 'the state file is shorter than its index says', file.path, file.size, {
    expected: `at least ${expected} bytes`,
    found: `${file.size} bytes`,
  });
}

/** Beside a half that is ours, a file that does not look like ours is a damaged one. */
function asDamage(failure: StatelogError): StatelogError {
  const { path, offset, expected, found } = failure.details;
  const details = { expected, found, cause: failure };
  if (failure.code === 'UNKNOWN_FORMAT') {
    return stateDamage(
      'bad-header',
      `the header is damaged: ${failure.message}`,
      path ?? '',
      offset ?? 0,
      details,
    );
  }
  if (failure.code === 'UNSUPPORTED_VERSION') {
    return stateDamage(
      'bad-version',
      `the header is damaged: ${failure.message}`,
      path ?? '',
      offset ?? 0,
      details,
    );
  }
  return failure;
}

function statelogErrorOf(error: unknown): StatelogError {
  if (isStatelogError(error)) return error;
  throw error;
}
