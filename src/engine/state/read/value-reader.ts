import { freeCopy } from '../../bytes/free-copy.js';
import { isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileSystem, Mapping } from '../../storage-io/interface/file-system.js';
import { PagedSource, type PageSumSource } from '../../storage-io/paged/paged-source.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import { STATE_HEADER_BYTES, VALUE_REGION_BYTES_MAX, cachedPages } from '../format/format.js';

/** The number of pages kept if values are read and not mapped. */
const PAGES_KEPT = 64;

export interface ValueReaderOptions {
  readonly fileSystem: FileSystem;
  readonly descriptor: FileDescriptor;
  /** For messages. */
  readonly path: string;
  /** Value bytes that an index on disk vouches for. */
  readonly sealedLength: number;
  /** crc32c of each 4 KiB of them; without it they are not checked. */
  readonly pageSums?: PageSumSource | undefined;
}

/**
 * Reads values of a state file where they lie: through a read-only shared mapping where there is
 * one, else with pread.
 *
 * Invariants:
 * - A byte below `sealedLength` is shown only after its page was checked, where there are sums.
 *   What lies above was written by this process.
 * - A view stays readable until `close`: when the file has grown, it is mapped anew, and the old
 *   mapping stays. Value bytes are never written twice, so a view never changes either.
 */
export class ValueReader {
  readonly #options: ValueReaderOptions;
  readonly #mappings: Mapping[] = [];
  /** The newest of `#mappings`. */
  #mapping: Mapping | undefined;
  #mappable = false;
  #fileLength: number;
  #sealed: PagedSource | undefined;

  /** @param fileLength bytes of the file, its header included */
  constructor(options: ValueReaderOptions, fileLength: number) {
    this.#options = options;
    this.#fileLength = fileLength;
  }

  /** From now on values are looked at through a mapping, where the platform has any. */
  allowMapping(): void {
    this.#mappable = this.#options.fileSystem.canMap;
    this.#sealed = undefined;
  }

  /** Tells that the file is now that long. */
  grewTo(fileLength: number): void {
    this.#fileLength = fileLength;
  }

  /**
   * A value as a view of the mapping; a copy where there is none, or where it lies across two
   * windows of it. The caller has checked that the value lies within what is in use.
   * @throws StatelogError `DAMAGED` (class `value-mismatch`) where a page fails its checksum
   */
  view(offset: number, length: number): Uint8Array {
    const start = STATE_HEADER_BYTES + offset;
    const mapping = this.#mappingUpTo(start + length);
    const sealed = offset < this.#options.sealedLength;
    if (mapping === undefined) return sealed ? this.#readSealed(offset, length) : this.#read(start, length);
    if (sealed && this.#options.pageSums !== undefined) this.#sealedSource().window(offset, length);
    const { windowBytes } = mapping;
    const first = Math.floor(start / windowBytes);
    const within = start - first * windowBytes;
    const window = mapping.windows[first];
    if (window === undefined) return new Uint8Array(0);
    if (within + length <= window.length) return window.subarray(within, within + length);
    return this.#read(start, length);
  }

  /** Shows a value as `view` does, but without a copy: it is valid until anything else is read here. */
  peek(offset: number, length: number): Uint8Array {
    const isRead = this.#mappingUpTo(STATE_HEADER_BYTES + offset + length) === undefined;
    if (!isRead || offset >= this.#options.sealedLength) return this.view(offset, length);
    const source = this.#sealedSource();
    source.window(offset, length);
    return source.bytes.subarray(source.at, source.at + length);
  }

  /** Unmaps everything: no view may be touched any more. The descriptor stays the caller's. */
  close(): void {
    this.#mapping = undefined;
    this.#sealed = undefined;
    this.#mappable = false;
    for (const mapping of this.#mappings.splice(0)) mapping.unmap();
  }

  #readSealed(offset: number, length: number): Uint8Array {
    const source = this.#sealedSource();
    source.window(offset, length);
    return freeCopy(source.bytes.subarray(source.at, source.at + length));
  }

  #read(start: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    readFully(this.#options.fileSystem, this.#options.descriptor, bytes, 0, length, start);
    return bytes;
  }

  #mappingUpTo(end: number): Mapping | undefined {
    if (this.#mapping !== undefined && end <= this.#mapping.length) return this.#mapping;
    return this.#mappable ? this.#mapAnew() : undefined;
  }

  /** Maps the file anew; if the kernel refuses, values are read from then on. */
  #mapAnew(): Mapping | undefined {
    const { fileSystem, descriptor } = this.#options;
    try {
      const length = Math.min(this.#fileLength, STATE_HEADER_BYTES + VALUE_REGION_BYTES_MAX);
      this.#mapping = fileSystem.map(descriptor, length);
    } catch (error) {
      if (!isStatelogError(error)) throw error;
      this.#mapping = undefined;
    }
    if (this.#mapping === undefined) this.#mappable = false;
    else this.#mappings.push(this.#mapping);
    return this.#mapping;
  }

  /** Made when first needed, and kept: pages that were checked stay checked when the file grows. */
  #sealedSource(): PagedSource {
    const { fileSystem, descriptor, path, sealedLength, pageSums } = this.#options;
    this.#sealed ??= new PagedSource({
      fileSystem,
      descriptor,
      path,
      start: STATE_HEADER_BYTES,
      length: sealedLength,
      pageSums,
      mapping: this.#mapping,
      damageClass: 'value-mismatch',
      slots: cachedPages(sealedLength, PAGES_KEPT),
    });
    return this.#sealed;
  }
}
