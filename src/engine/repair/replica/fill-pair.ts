import { encodeStateHeader } from '../../state/format/state-header.js';
import type { IndexBlock } from '../../state/format/index-block.js';
import { readIndexHead, type IndexHead } from '../../state/format/index-head.js';
import { statePathsOf } from '../../state/format/state-paths.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { valuesFit } from '../state/fitting-index.js';
import { ArrangementBuilder } from '../survey/arrangement.js';
import {
  attempt,
  type Evidence,
  type FileEvidence,
  type IndexEvidence,
  type ValuesEvidence,
} from '../survey/evidence.js';
import { composePages, type ComposedPages } from './compose-pages.js';
import type { Replica } from './replica.js';

/** A state file and its index. */
interface PairPaths {
  readonly values: string;
  readonly index: string;
}

/** A pair of a checkpoint. */
export interface PairHoles extends PairPaths {
  /** The manifest's checksum of the index's head, which itself holds the checksum of every page of both files. */
  readonly indexCrc: number;
}

/** An index whose head is whole. */
interface HeadedIndex extends FileEvidence {
  readonly head: IndexHead;
  readonly block: IndexBlock;
  /** The bytes before the map. */
  readonly headBytes: Uint8Array;
}

/**
 * Fills the bad pages of a checkpoint's pair from a replica: every page that is taken has the checksum that the very index which the
 * manifest names says. Tells of each stretch.
 */
export function* fillPair(
  account: RepairAccount,
  replica: Replica,
  builder: ArrangementBuilder,
  { values, index, indexCrc }: PairHoles,
): Generator<RepairEvent, void> {
  const { fileSystem } = account;
  const isTheOne = (one: HeadedIndex): boolean => one.head.headCrc === indexCrc;
  const theirs = headedIndexes(fileSystem, replica).find(isTheOne);
  const own = headedIndex(fileSystem, index);
  const known = own !== undefined && isTheOne(own) ? own : theirs;
  if (known !== undefined) yield* fillFrom(account, replica, builder, { values, index, known, theirs });
  else if (hasIndexes(replica)) {
    const reason = 'it has no index that is the one which the manifest names';
    yield account.tellNotTaken({ file: replica.path, for: index, reason });
  }
}

function hasIndexes({ evidence }: Replica): boolean {
  return evidence.some(({ kind }) => kind === 'index');
}

/**
 * Fills a state file that belongs to no store, and its index. Its own index says what belongs there; where that is hit, one of the
 * replica does whose checksums fit some of its values. One without checksums is taken whole, where the values are equal to the last byte.
 */
export function* fillStateFile(
  account: RepairAccount,
  { values, index }: PairPaths,
): Generator<RepairEvent, void> {
  const { replica, fileSystem } = account;
  if (replica === undefined) return;
  const builder = new ArrangementBuilder(fileSystem, values);
  const own = headedIndex(fileSystem, index);
  const others = headedIndexes(fileSystem, replica);
  const theirs = others.find((one) =>
    own === undefined ? fitsValues(fileSystem, one, values) : one.head.headCrc === own.head.headCrc,
  );
  const known = own ?? theirs;
  if (known !== undefined) yield* fillFrom(account, replica, builder, { values, index, known, theirs });
  else yield* takeWholeIndex(account, replica, builder, { values, index });
  if (builder.isMoved) yield* account.readThrough(builder.build([]));
  else if (theirs === undefined && replica.evidence.length > 0) {
    const reason = 'nothing proves that its index is of these values';
    yield account.tellNotTaken({ file: replica.path, for: values, reason });
  }
}

function* fillFrom(
  account: RepairAccount,
  replica: Replica,
  builder: ArrangementBuilder,
  { values, index, known, theirs }: PairPaths & { known: HeadedIndex; theirs: HeadedIndex | undefined },
): Generator<RepairEvent, void> {
  const { fileSystem } = account;
  const { block } = known;
  const ofIndex = composePages(fileSystem, {
    own: fileAt(fileSystem, index),
    others: theirs === undefined ? [] : [theirs],
    head: known.headBytes,
    length: block.indexLength,
    sums: block.indexPageSums,
  });
  yield* place(account, builder, index, ofIndex);
  const ofValues = composePages(fileSystem, {
    own: fileAt(fileSystem, values),
    others: valuesIn(replica, theirs),
    head: encodeStateHeader(block.generation),
    length: block.valueLength,
    sums: block.valuePageSums,
  });
  yield* place(account, builder, values, ofValues);
}

function* place(
  account: RepairAccount,
  builder: ArrangementBuilder,
  file: string,
  { slices, taken }: ComposedPages,
): Generator<RepairEvent, void> {
  if (taken.length === 0) return;
  builder.place(file, slices);
  for (const { offset, bytes, from } of taken) {
    yield account.tellFilled({ kind: 'pages', file, offset, bytes, records: 0, from, fromOffset: offset });
  }
}

/** An index without checksums, of values that are the very same. */
function* takeWholeIndex(
  account: RepairAccount,
  replica: Replica,
  builder: ArrangementBuilder,
  { values, index }: PairPaths,
): Generator<RepairEvent, void> {
  const { fileSystem } = account;
  if (replica.kind !== 'state-file') return;
  const theirs = fileAt(fileSystem, statePathsOf(replica.path).index);
  const ours = fileAt(fileSystem, index);
  if (theirs === undefined || (ours !== undefined && haveSameBytes(fileSystem, index, theirs.path))) return;
  if (!haveSameBytes(fileSystem, values, replica.path)) return;
  builder.placeFile(index, theirs.path, theirs.status);
  const bytes = theirs.status.size;
  const from = theirs.path;
  yield account.tellFilled({ kind: 'pages', file: index, offset: 0, bytes, records: 0, from, fromOffset: 0 });
}

const BLOCK_BYTES = 64 * 1024;

function haveSameBytes(fileSystem: FileSystem, one: string, other: string): boolean {
  const descriptors = [fileSystem.openRead(one), fileSystem.openRead(other)] as const;
  try {
    const [size, otherSize] = descriptors.map((descriptor) => fileSystem.statusOf(descriptor).size);
    if (size !== otherSize) return false;
    const [left, right] = [Buffer.alloc(BLOCK_BYTES), Buffer.alloc(BLOCK_BYTES)];
    for (let at = 0; at < size!; at += BLOCK_BYTES) {
      const length = Math.min(BLOCK_BYTES, size! - at);
      readFully(fileSystem, descriptors[0], left, 0, length, at);
      readFully(fileSystem, descriptors[1], right, 0, length, at);
      if (left.compare(right, 0, length, 0, length) !== 0) return false;
    }
    return true;
  } finally {
    for (const descriptor of descriptors) closeQuietly(fileSystem, descriptor);
  }
}

/** The index that a file would have by its name; undefined for what is named like one itself. */
function besideIndex(path: string): string | undefined {
  return path.endsWith('.idx') ? undefined : statePathsOf(path).index;
}

/** State files of a replica, the one beside its index first. */
function valuesIn({ evidence }: Replica, index: FileEvidence | undefined): ValuesEvidence[] {
  const all = evidence.filter((one): one is ValuesEvidence => one.kind === 'values');
  const isBeside = (one: ValuesEvidence): boolean => besideIndex(one.path) === index?.path;
  return [...all.filter(isBeside), ...all.filter((one) => !isBeside(one))];
}

function headedIndexes(
  fileSystem: FileSystem,
  { evidence }: { readonly evidence: readonly Evidence[] },
): HeadedIndex[] {
  const indexes = evidence.filter((one): one is IndexEvidence => one.kind === 'index');
  return indexes.flatMap(({ path }) => headedIndex(fileSystem, path) ?? []);
}

function headedIndex(fileSystem: FileSystem, path: string): HeadedIndex | undefined {
  const file = fileAt(fileSystem, path);
  return file === undefined ? undefined : attempt(() => readHeaded(fileSystem, file));
}

function readHeaded(fileSystem: FileSystem, file: FileEvidence): HeadedIndex | undefined {
  const descriptor = fileSystem.openRead(file.path);
  try {
    const head = readIndexHead(fileSystem, descriptor, file.path);
    if (head.block === undefined) return undefined;
    const headBytes = new Uint8Array(head.start);
    readFully(fileSystem, descriptor, headBytes);
    return { ...file, head, block: head.block, headBytes };
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

/** The checksums of the heads of all of a replica's indexes that can be read. */
export function headCrcsIn(fileSystem: FileSystem, replica: Replica): Set<number> {
  return new Set(headedIndexes(fileSystem, replica).map(({ head }) => head.headCrc));
}

/**
 * Whether a pair is the one with this checksum of its index's head: by its own index; where that is hit, by a replica's that fits its
 * values. Undefined where neither tells.
 */
export function isPairOf(
  fileSystem: FileSystem,
  replica: Replica,
  { values, index, indexCrc }: PairHoles,
): boolean | undefined {
  const own = headedIndex(fileSystem, index);
  if (own !== undefined) return own.head.headCrc === indexCrc;
  const theirs = headedIndexes(fileSystem, replica).find(({ head }) => head.headCrc === indexCrc);
  return theirs !== undefined && fitsValues(fileSystem, theirs, values) ? true : undefined;
}

function fitsValues(fileSystem: FileSystem, { block }: HeadedIndex, values: string): boolean {
  const { valuePageSums, valueLength, generation } = block;
  const sums = { values: valuePageSums, valueLength, generation };
  return attempt(() => valuesFit(fileSystem, values, sums, { bySumsAlone: true })) === true;
}

function fileAt(fileSystem: FileSystem, path: string): FileEvidence | undefined {
  const status = attempt(() => fileSystem.statusFollowing(path));
  return status?.kind === 'file' ? { path, status } : undefined;
}
