import { crc32c } from '../../bytes/crc/checksum.js';
import { equalBytes } from '../../bytes/compare.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import { PAGE_BYTES, STATE_FILE_BYTES_MIN, STATE_HEADER_BYTES } from '../format/format.js';
import { encodeIndexHead } from '../format/index-head-bytes.js';
import { isAsWrittenWhole } from '../format/index-size.js';
import { stateDamage } from '../format/state-damage.js';
import type { StateFile } from '../read/state-file.js';
import { encodeStateHeader } from '../format/state-header.js';
import { indexPagesOf, valuePagesOf, type SummedPages } from '../read/summed-pages.js';

const PAGES_A_READ = 256;

/** Tells, of values in the order of their keys, whether they lie one behind the other from the start. */
export class TightValues {
  #end = 0;
  #isTight = true;

  add(offset: number, length: number): void {
    if (offset !== this.#end) this.#isTight = false;
    this.#end += length;
  }

  /** True if the values seen are all of the first `writePos` bytes, and in order. */
  fill(writePos: number): boolean {
    return this.#isTight && this.#end === writePos;
  }
}

/**
 * True if a state file's values lie in key order without holes: then it and its index are, but for their heads,
 * what writing all entries anew would make. The index is gone through, no value read.
 */
export function isTight(file: StateFile): boolean {
  if (file.block === undefined || file.liveBytes !== file.writePos || !isAsWrittenWhole(file.measure))
    return false;
  const values = new TightValues();
  const cursor = file.cursor();
  for (let valid = cursor.first(); valid; valid = cursor.next()) values.add(cursor.offset, cursor.length);
  return values.fill(file.writePos);
}

/**
 * True if a tight state file is as `stateFileBytesFor` has it for this epoch, but for its values: nothing in its
 * header or behind its values that should not be there, and an index as it is written whole.
 */
export function hasPlainHead(fileSystem: FileSystem, file: StateFile, epoch: bigint): boolean {
  const { descriptors, writePos } = file;
  if (!isAsWrittenWhole(file.measure)) return false;
  const { size } = fileSystem.statusOf(descriptors.values);
  if (size !== STATE_HEADER_BYTES + writePos || size < STATE_FILE_BYTES_MIN) return false;
  const header = new Uint8Array(STATE_HEADER_BYTES);
  readFully(fileSystem, descriptors.values, header);
  return equalBytes(header, encodeStateHeader(epoch));
}

/** The owner of a state file and its index. */
export interface StateFileOwner {
  readonly storeId: Uint8Array;
  /** Epoch of the checkpoint, which is the generation too. */
  readonly epoch: bigint;
}

/** The head that a tight file's index has with another owner: as long as the one that it has. */
export function indexHeadFor(file: StateFile, { storeId, epoch }: StateFileOwner): Uint8Array {
  const block = { ...file.block!, storeId, generation: epoch, epoch };
  const { indexPageSums, valuePageSums } = file.block!;
  return encodeIndexHead({
    writePos: file.writePos,
    nextVersion: BigInt(file.count) + 1n,
    block: { ...block, indexPageSums, valuePageSums },
  });
}

/** The bytes of a tight file for another owner, each page checked; a chunk is valid until the next is asked for. */
export function* stateFileBytesFor(
  fileSystem: FileSystem,
  file: StateFile,
  { epoch }: StateFileOwner,
): Generator<Uint8Array, void> {
  const { writePos } = file;
  yield encodeStateHeader(epoch);
  yield* checkedPages(fileSystem, { ...valuePagesOf(file, file.block!), length: writePos });
  yield new Uint8Array(stateFileLengthOf(file) - STATE_HEADER_BYTES - writePos);
}

/** How long a tight state file is. */
export function stateFileLengthOf({ writePos }: StateFile): number {
  return Math.max(STATE_HEADER_BYTES + writePos, STATE_FILE_BYTES_MIN);
}

/** Makes the bytes of the index for a tight state file. */
export function* indexBytesFor(
  fileSystem: FileSystem,
  file: StateFile,
  owner: StateFileOwner,
): Generator<Uint8Array, void> {
  yield indexHeadFor(file, owner);
  yield* checkedPages(fileSystem, indexPagesOf(file, file.block!));
}

/** @throws StatelogError `DAMAGED` where a page fails its checksum */
function* checkedPages(fileSystem: FileSystem, summed: SummedPages): Generator<Uint8Array, void> {
  const { descriptor, path, start, length, sums } = summed;
  const chunk = new Uint8Array(Math.min(PAGES_A_READ * PAGE_BYTES, length));
  for (let at = 0; at < length; at += chunk.length) {
    const count = Math.min(chunk.length, length - at);
    readFully(fileSystem, descriptor, chunk, 0, count, start + at);
    for (let from = 0; from < count; from += PAGE_BYTES) {
      const found = crc32c(chunk, from, Math.min(from + PAGE_BYTES, count));
      if (found === sums[(at + from) / PAGE_BYTES]) continue;
      throw stateDamage(summed.class, 'a page fails its checksum', path, start + at + from);
    }
    yield count === chunk.length ? chunk : chunk.subarray(0, count);
  }
}
