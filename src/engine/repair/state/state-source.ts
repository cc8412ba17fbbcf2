import { MemorySource } from '../../bytes/byte-source.js';
import { compareBytes, equalBytes } from '../../bytes/compare.js';
import { readU32, readU64 } from '../../bytes/halves.js';
import { isStatelogError } from '../../errors.js';
import { MAP_LAYOUT } from '../../rkyv/ordered-map/ordered-map-format.js';
import {
  BLOCK_LENGTH_AT,
  cachedPages,
  INDEX_BYTES_MIN,
  INDEX_HEADER_BYTES,
  pageCount,
  STATE_HEADER_BYTES,
  VALUE_REGION_BYTES_MAX,
  WRITE_POS_AT,
} from '../../state/format/format.js';
import {
  claimedBlockBytes,
  decodeBlockSums,
  INDEX_BLOCK_BYTES_MIN,
  type BlockSums,
} from '../../state/format/index-block.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { PagedSource } from '../../storage-io/paged/paged-source.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import { layoutLeft } from './index-layout.js';
import { IndexWalk, type IndexEntry } from './index-walk.js';
import { longestRun } from './longest-run.js';

const PAGES_KEPT = 256;
const NO_MAP = new MemorySource(new Uint8Array(0));

/** The rest of the index that names a state file's values. */
interface IndexPlace {
  readonly path: string;
  readonly start: number;
  readonly length: number;
  /** Value bytes that it speaks for; undefined where that is lost. */
  readonly writePos: number | undefined;
  /** Undefined where there are none, or they are gone: nothing is checked then. */
  readonly sums: BlockSums | undefined;
}

/** An entry of a damaged state file: its value, or undefined where that is lost. */
export interface SalvagedEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly offset: number;
  readonly length: number;
}

/**
 * A state file and an index as they lie on disk, of which parts may be damaged: headers, the index's block,
 * pages of either. What can be read and, where there are checksums, is what was written, is shown.
 */
export class StateSource {
  readonly path: string;
  readonly indexPath: string;
  /** False where nothing says what the values should be. */
  readonly isChecked: boolean;
  readonly walk: IndexWalk;
  /** False where nothing shows that the index is this state file's: then not even an empty value is certain. */
  isProven = true;
  /** Entries named, once `entries` has come to its end. */
  named = 0;
  readonly #fileSystem: FileSystem;
  readonly #descriptors: readonly FileDescriptor[];
  readonly #values: PagedSource;
  /** Value bytes that were in use. */
  readonly #valueBytesStated: number;
  #namesAreProven: boolean | undefined;

  private constructor(
    fileSystem: FileSystem,
    path: string,
    [values, index]: readonly [FileDescriptor, FileDescriptor],
    place: IndexPlace,
  ) {
    this.path = path;
    this.indexPath = place.path;
    this.#fileSystem = fileSystem;
    this.#descriptors = [values, index];
    this.isChecked = place.sums !== undefined;
    this.#valueBytesStated = place.sums?.valueLength ?? place.writePos ?? VALUE_REGION_BYTES_MAX;
    const room = Math.max(0, fileSystem.statusOf(values).size - STATE_HEADER_BYTES);
    const isWhole = place.sums !== undefined && room >= place.sums.valueLength;
    const length = Math.min(
      room,
      isWhole ? place.sums.valueLength : (place.writePos ?? VALUE_REGION_BYTES_MAX),
    );
    this.#values = new PagedSource({
      fileSystem,
      descriptor: values,
      path,
      start: STATE_HEADER_BYTES,
      length,
      pageSums: place.sums === undefined ? undefined : sumsUpTo(place.sums.values, length),
      slots: cachedPages(length, PAGES_KEPT),
    });
    const there = Math.min(place.length, fileSystem.statusOf(index).size - place.start);
    const map = new PagedSource({
      fileSystem,
      descriptor: index,
      path: place.path,
      start: place.start,
      length: there,
      pageSums: place.sums === undefined ? undefined : sumsUpTo(place.sums.index, there),
      damageClass: 'index-mismatch',
      slots: cachedPages(there, PAGES_KEPT),
    });
    this.walk = walkOf(map, place);
  }

  /**
   * Opens a state file with an index.
   * @param belongs whether the index is of this state file, where its block is whole
   * @returns undefined where the index does not belong, or holds nothing that can be read
   */
  static open(
    fileSystem: FileSystem,
    path: string,
    indexPath: string,
    belongs: (block: BlockSums) => boolean,
  ): StateSource | undefined {
    const values = fileSystem.openRead(path);
    let index: FileDescriptor | undefined;
    try {
      index = fileSystem.openRead(indexPath);
      const place = placeOf(fileSystem, index, indexPath);
      if (place !== undefined && (place.sums?.isWhole !== true || belongs(place.sums))) {
        return new StateSource(fileSystem, path, [values, index], place);
      }
    } catch (error) {
      closeQuietly(fileSystem, values);
      if (index !== undefined) closeQuietly(fileSystem, index);
      throw error;
    }
    closeQuietly(fileSystem, values);
    closeQuietly(fileSystem, index);
    return undefined;
  }

  /** Whether the keys that the index names are those that were written: its pages have checksums, or nothing in it is amiss. */
  get namesAreProven(): boolean {
    this.#namesAreProven ??= this.isChecked || isWholeIndex(this.walk);
    return this.#namesAreProven;
  }

  /** Value bytes that were in use, as far as they are there. */
  get valueBytes(): number {
    return this.#values.length;
  }

  /** Entries in strictly ascending order of their keys; those out of order were damaged and are left out. */
  *entries(): Generator<SalvagedEntry, void> {
    this.named = 0;
    const hasPlace = (entry: IndexEntry): boolean =>
      entry.isUnplaced !== true && entry.offset + entry.length <= this.valueBytes;
    for (const entry of longestRun(this.walk.entries(), hasPlace)) {
      this.named += 1;
      const { key, offset, length } = entry;
      // A place that there never was is no place, and says nothing of how much is lost.
      const place = offset + length <= this.#valueBytesStated ? { offset, length } : { offset: 0, length: 0 };
      yield { key, ...place, value: this.#valueOf(entry) };
    }
  }

  close(): void {
    for (const descriptor of this.#descriptors) closeQuietly(this.#fileSystem, descriptor);
  }

  #valueOf({ offset, length, isUnplaced }: IndexEntry): Uint8Array | undefined {
    if (isUnplaced === true) return undefined;
    if (length === 0) return this.isProven ? new Uint8Array(0) : undefined;
    if (offset + length > this.#values.length) return undefined;
    try {
      this.#values.window(offset, length);
      return this.#values.bytes.slice(this.#values.at, this.#values.at + length);
    } catch (error) {
      if (isStatelogError(error, 'DAMAGED')) return undefined;
      throw error;
    }
  }
}

/** Whether an index reads from end to end, with as many keys as it says, each after the one before it. */
function isWholeIndex(walk: IndexWalk): boolean {
  let named = 0;
  let last: Uint8Array | undefined;
  for (const { key } of walk.entries()) {
    if (last !== undefined && compareBytes(last, key) >= 0) return false;
    last = key;
    named += 1;
  }
  return walk.holes === 0 && named === walk.count;
}

/** Only an index of today's layout has checksums; of one without them nothing is named if its layout cannot be told. */
function walkOf(map: PagedSource, { length, sums }: IndexPlace): IndexWalk {
  const layout = sums === undefined ? layoutLeft(map) : MAP_LAYOUT;
  return layout === undefined ? new IndexWalk(NO_MAP, 0) : new IndexWalk(map, length, layout);
}

/** The first sums of a file that was cut short: the last page it has is then no whole one. */
function sumsUpTo(sums: Uint32Array, length: number): Uint32Array {
  return sums.subarray(0, pageCount(length));
}

/** The place of an index's map and its facts about the values; found from its end if its start is gone. */
function placeOf(fileSystem: FileSystem, descriptor: FileDescriptor, path: string): IndexPlace | undefined {
  const { size } = fileSystem.statusOf(descriptor);
  if (size < INDEX_HEADER_BYTES + INDEX_BYTES_MIN) return undefined;
  const header = new Uint8Array(INDEX_HEADER_BYTES);
  readFully(fileSystem, descriptor, header);
  const stated = readU64(header, WRITE_POS_AT);
  const writePos = stated > BigInt(VALUE_REGION_BYTES_MAX) || stated === 0n ? undefined : Number(stated);
  const blockLength = readU32(header, BLOCK_LENGTH_AT);
  for (const length of [blockLength, claimedLength(fileSystem, descriptor, size)]) {
    const start = INDEX_HEADER_BYTES + length;
    if (length < INDEX_BLOCK_BYTES_MIN || start + INDEX_BYTES_MIN > size) continue;
    const block = new Uint8Array(length);
    readFully(fileSystem, descriptor, block, 0, length, INDEX_HEADER_BYTES);
    const sums = decodeBlockSums(block);
    if (sums !== undefined) return { path, start, length: sums.indexLength, writePos, sums };
  }
  // Pointers in a map count from where they stand, so that it is read from its end.
  return {
    path,
    start: INDEX_HEADER_BYTES,
    length: size - INDEX_HEADER_BYTES,
    writePos: blockLength === 0 ? writePos : undefined,
    sums: undefined,
  };
}

/** How long the block is by what stands in it, where its header says something else. */
function claimedLength(fileSystem: FileSystem, descriptor: FileDescriptor, size: number): number {
  const head = new Uint8Array(Math.min(INDEX_BLOCK_BYTES_MIN, size - INDEX_HEADER_BYTES));
  readFully(fileSystem, descriptor, head, 0, head.length, INDEX_HEADER_BYTES);
  return claimedBlockBytes(head) ?? 0;
}

/** True if a block is of the store, epoch and core that a manifest names it for. */
export function isBlockOf(
  block: BlockSums,
  {
    storeId,
    epoch,
    coreId,
  }: { readonly storeId: Uint8Array; readonly epoch: bigint; readonly coreId: number },
): boolean {
  return equalBytes(block.storeId, storeId) && block.epoch === epoch && block.coreId === coreId;
}
