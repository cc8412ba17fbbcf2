import { isStatelogError, type StatelogError } from '../../errors.js';
import { checkOrderedMap } from '../../rkyv/ordered-map/ordered-map-check.js';
import type { OrderedMapPlace } from '../../rkyv/ordered-map/ordered-map-cursor.js';
import type { OrderedMapReader } from '../../rkyv/ordered-map/ordered-map-reader.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor, FileSystem, Mapping } from '../../storage-io/interface/file-system.js';
import { PagedSource } from '../../storage-io/paged/paged-source.js';
import { STATE_HEADER_BYTES, cachedPages, fragmentationOf } from '../format/format.js';
import type { IndexBlock } from '../format/index-block.js';
import { openIndexMap } from './index-map.js';
import type { IndexMeasure } from '../format/index-size.js';
import { stateDamage } from '../format/state-damage.js';
import { StateFileCursor, type CursorOwner } from './state-file-cursor.js';
import type { StatePair } from './state-pair.js';
import { closedError } from '../format/state-refusals.js';
import { ValueReader } from './value-reader.js';

/**
 * When to map the two files rather than read pages of them: mapping costs some milliseconds once, since V8 collects
 * its heap for it, and then each lookup less. `always` maps with the first lookup or cursor, so that opening costs
 * nothing; `when-worth-it` after so many lookups that it pays. Files without
 * our block are never mapped: LaminarDB cuts an index before it writes it anew, and a process that
 * looks at a mapping then dies.
 */
export type MappingPolicy = 'always' | 'never' | 'when-worth-it';

const READS_WORTH_MAPPING = 256;
/** After so many lookups it pays to keep the upper levels of the index: of one with our block, as with mapping. */
const READS_WORTH_A_TOP = 4096;
/** Pages of the index that are kept where it is not mapped: 1 MiB. */
const INDEX_PAGES_KEPT = 256;

/**
 * A state file and its index, looked at as they lie on disk: opening reads the header and the block,
 * a lookup a few pages of the index, each checked when first touched. Nothing is written or locked.
 * The open files are a snapshot: whoever writes the store replaces them, or appends past their end.
 */
export class StateFile implements CursorOwner {
  readonly #fileSystem: FileSystem;
  readonly #pair: StatePair;
  readonly #values: ValueReader;
  readonly #policy: MappingPolicy;
  #index: OrderedMapReader;
  #indexMapping: Mapping | undefined;
  #reads = 0;
  #isMappingTried = false;
  #counted: { readonly keyBytes: number; readonly liveBytes: number } | undefined;
  #closed = false;
  readonly path: string;
  readonly indexPath: string;
  /** How many keys there are, as the index claims. */
  readonly count: number;
  /** Place of the value that `find` found last. */
  offset = 0;
  length = 0;

  /** Takes over the descriptors of the pair, if it returns. */
  constructor(fileSystem: FileSystem, pair: StatePair, policy: MappingPolicy = 'when-worth-it') {
    this.path = pair.values.path;
    this.indexPath = pair.index.path;
    this.#fileSystem = fileSystem;
    this.#pair = pair;
    const { block, writePos } = pair.index.head;
    this.#policy = block === undefined ? 'never' : policy;
    this.#counted = block;
    this.#index = this.#openIndex();
    this.count = this.#index.count;
    const { path, descriptor } = pair.values;
    this.#values = new ValueReader(
      { fileSystem, descriptor, path, sealedLength: writePos, pageSums: block?.valueSums },
      STATE_HEADER_BYTES + writePos,
    );
  }

  /** Undefined in a file that LaminarDB wrote. */
  get block(): IndexBlock | undefined {
    return this.#pair.index.head.block;
  }

  /** The generation in the state file's header. */
  get generation(): bigint {
    return this.#pair.values.generation;
  }

  /** Value bytes in use. */
  get writePos(): number {
    return this.#pair.index.head.writePos;
  }

  get nextVersion(): bigint {
    return this.#pair.index.head.nextVersion;
  }

  /** The place of the rkyv bytes, for whoever writes them anew. Errors of what reads there are to be `located`. */
  get map(): OrderedMapPlace {
    this.checkOpen();
    return this.#index.place;
  }

  /** Start of the rkyv bytes in the index file. */
  get indexStart(): number {
    return this.#pair.index.head.start;
  }

  /** The open files, to be read past what is kept of their pages; they stay the state file's to close. */
  get descriptors(): { readonly values: FileDescriptor; readonly index: FileDescriptor } {
    return { values: this.#pair.values.descriptor, index: this.#pair.index.descriptor };
  }

  /** The checksum that `IndexHead.headCrc` describes: a manifest names an index by it. */
  get headCrc(): number {
    return this.#pair.index.head.headCrc;
  }

  /** Bytes of all keys. Known from the block; in LaminarDB's files counted once, when first asked for. */
  get keyBytes(): number {
    return this.#totals().keyBytes;
  }

  /** Bytes of all live values, known in the same way. */
  get liveBytes(): number {
    return this.#totals().liveBytes;
  }

  get fragmentation(): number {
    return fragmentationOf(this.liveBytes, this.writePos);
  }

  /** How large its index is: for writing a similar one. */
  get measure(): IndexMeasure {
    return { count: this.count, keyBytes: this.keyBytes, indexLength: this.#pair.index.head.length };
  }

  /**
   * Looks a key up; if it is there, `offset` and `length` say where its value is.
   * @throws StatelogError `DAMAGED` (`index-mismatch`, or `bad-offset` where that is past the values in use)
   */
  find(key: Uint8Array): boolean {
    return this.findAt(key, 0, key.length);
  }

  /** Finds, as `find` does, the key that stands in a buffer. RangeError if it does not lie within it. */
  findAt(buffer: Uint8Array, keyStart: number, keyLength: number): boolean {
    this.#countRead();
    try {
      if (!this.#index.findAt(buffer, keyStart, keyLength)) return false;
    } catch (error) {
      throw this.located(error);
    }
    this.checkPlace(this.#index.offset, this.#index.length, this.#index.position);
    this.offset = this.#index.offset;
    this.length = this.#index.length;
    return true;
  }

  /**
   * The value at a place that `find` or a cursor gave: a view of the mapping that stays readable until
   * `close`, or a copy.
   * @throws StatelogError `DAMAGED` (class `value-mismatch`) where a page of it fails its checksum
   */
  value(offset: number, length: number): Uint8Array {
    this.checkOpen();
    this.checkPlace(offset, length);
    return this.#values.view(offset, length);
  }

  /** Shows a value as `value` does, but without a copy: it is valid until anything else is read from this file. */
  peek(offset: number, length: number): Uint8Array {
    this.checkOpen();
    this.checkPlace(offset, length);
    return this.#values.peek(offset, length);
  }

  /** A cursor over all entries, on none yet. Any number of them may be used beside each other. */
  cursor(): StateFileCursor {
    this.checkOpen();
    this.#mapIfAlways();
    return new StateFileCursor(this, this.#index.cursor());
  }

  /** @throws StatelogError `CLOSED` */
  checkOpen(): void {
    if (this.#closed) throw closedError(this.path);
  }

  /**
   * @param position where in the index the node lies that says so
   * @throws StatelogError `DAMAGED` (class `bad-offset`) where a value would pass the bytes in use
   */
  checkPlace(offset: number, length: number, position = 0): void {
    if (offset + length <= this.writePos) return;
    const at = this.indexStart + position;
    throw stateDamage('bad-offset', 'a value lies past the bytes in use', this.indexPath, at, {
      expected: `at most ${this.writePos}`,
      found: `${offset} + ${length}`,
    });
  }

  /** An error of the index's reader, with the file and the place in it. */
  located(error: unknown): unknown {
    if (!isStatelogError(error, 'DAMAGED') || error.details.path !== undefined) return error;
    return locate(error, this.indexPath, this.#pair.index.head.start);
  }

  /** Unmaps and closes both files: no view may be touched any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#values.close();
    this.#indexMapping?.unmap();
    closeQuietly(this.#fileSystem, this.#pair.values.descriptor);
    closeQuietly(this.#fileSystem, this.#pair.index.descriptor);
  }

  #countRead(): void {
    this.checkOpen();
    this.#reads += 1;
    if (this.#reads === READS_WORTH_MAPPING && this.#policy === 'when-worth-it') this.#map();
    this.#mapIfAlways();
    if (this.#reads === READS_WORTH_A_TOP && this.block !== undefined) this.#index.keepTop();
  }

  #mapIfAlways(): void {
    if (this.#policy !== 'always' || this.#isMappingTried) return;
    this.#isMappingTried = true;
    this.#map();
  }

  /** Cursors that are open go on reading; both ways show the same bytes. */
  #map(): void {
    // Asked only now: what knows is loaded for it.
    if (!this.#fileSystem.canMap) return;
    const { descriptor, head } = this.#pair.index;
    try {
      this.#indexMapping = this.#fileSystem.map(descriptor, head.start + head.length);
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      return; // Then pages are read, as before.
    }
    this.#index = this.#openIndex();
    this.#values.allowMapping();
  }

  #openIndex(): OrderedMapReader {
    const { descriptor, path, head } = this.#pair.index;
    const source = new PagedSource({
      fileSystem: this.#fileSystem,
      descriptor,
      path,
      start: head.start,
      length: head.length,
      pageSums: head.block?.indexSums,
      mapping: this.#indexMapping,
      damageClass: 'index-mismatch',
      slots: cachedPages(head.length, INDEX_PAGES_KEPT),
    });
    try {
      return openIndexMap(source, head);
    } catch (error) {
      throw this.located(error);
    }
  }

  #totals(): { readonly keyBytes: number; readonly liveBytes: number } {
    this.checkOpen();
    if (this.#counted !== undefined) return this.#counted;
    let keyBytes = 0;
    let liveBytes = 0;
    try {
      checkOrderedMap(this.#index, (cursor) => {
        keyBytes += cursor.keyLength;
        liveBytes += cursor.length;
      });
    } catch (error) {
      throw this.located(error);
    }
    this.#counted = { keyBytes, liveBytes };
    return this.#counted;
  }
}

function locate(error: StatelogError, path: string, start: number): StatelogError {
  return stateDamage('index-mismatch', error.message, path, start + (error.details.offset ?? 0), {
    cause: error,
  });
}
