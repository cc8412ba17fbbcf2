import { checksumHex, crc32c } from '../../bytes/crc/checksum.js';
import { viewOf, type ByteSource } from '../../bytes/byte-source.js';
import { StatelogError } from '../../errors.js';
import type { DamageClass } from '../../finding.js';
import type { FileDescriptor, FileSystem, Mapping } from '../interface/file-system.js';
import { PAGE_BYTES, PageCache } from './page-cache.js';
import { PageReader } from './page-reader.js';
import { readFully } from '../whole/write-fully.js';

export { PAGE_BYTES } from './page-cache.js';

const SLOTS_DEFAULT = 64;
/** A window over more pages than this is read in one go, past the cache. */
const CACHED_PAGES_MAX = 4;
/** A buffer for windows over several pages is kept for the next one up to this size. */
const KEPT_BYTES_MAX = 1024 * 1024;

/** The sums of pages, by their number: a `Uint32Array`, or what reads them when they are asked for. */
export interface PageSumSource {
  readonly length: number;
  at(page: number): number | undefined;
}

export interface PagedSourceOptions {
  readonly fileSystem: FileSystem;
  readonly descriptor: FileDescriptor;
  /** For messages. */
  readonly path: string;
  /** Start of the bytes in the file; pages are counted from here. */
  readonly start: number;
  /** How many there are: checked against the file's size by the caller. */
  readonly length: number;
  /** crc32c of each 4 KiB, the last page may be short; without it nothing is checked. */
  readonly pageSums?: PageSumSource | undefined;
  /** A mapping that covers the bytes: they are then not read, but looked at where they lie. */
  readonly mapping?: Mapping | undefined;
  /** The class of damage for a page that fails its checksum (default `value-mismatch`). */
  readonly damageClass?: DamageClass | undefined;
  /** Pages kept in memory where there is no mapping, as far as there are so many: a multiple of 4 (default 64). */
  readonly slots?: number | undefined;
}

/**
 * Bytes of a file, read or looked at by pages of 4 KiB, each checked when first touched.
 * The descriptor stays the caller's, and must stay open.
 *
 * Invariants:
 * - `bytes[at …]` never shows a byte whose page was not checked, where there are sums.
 * - A page that failed is not kept: touching it again fails again.
 */
export class PagedSource implements ByteSource {
  readonly length: number;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = viewOf(this.bytes);
  at = 0;
  windows = 0;
  readonly #options: PagedSourceOptions;
  readonly #cache: PageCache | undefined;
  readonly #reader: PageReader;
  /** One bit a page that was found good, for mappings. */
  readonly #checked: Uint8Array | undefined;
  /** Views of the windows of a mapping. */
  readonly #views: readonly DataView[];
  #joined = new Uint8Array(0);
  #joinedView = this.view;
  #currentPage = -1;
  #currentAt = 0;

  constructor(options: PagedSourceOptions) {
    const { length, pageSums, mapping, start } = options;
    const pages = Math.ceil(length / PAGE_BYTES);
    if (pageSums !== undefined && pageSums.length !== pages) {
      throw new RangeError(`${pages} pages need ${pages} sums, not ${pageSums.length}`);
    }
    if (mapping !== undefined && mapping.length < start + length) {
      throw new RangeError(`a mapping of ${mapping.length} bytes does not cover ${start} + ${length}`);
    }
    this.length = length;
    this.#options = options;
    this.#reader = new PageReader(options);
    if (mapping === undefined) this.#cache = new PageCache(options.slots ?? SLOTS_DEFAULT, pages);
    else if (pageSums !== undefined) this.#checked = new Uint8Array(Math.ceil(pages / 8));
    this.#views = mapping?.windows.map(viewOf) ?? [];
  }

  window(offset: number, length: number): void {
    if (offset < 0 || length < 0 || offset + length > this.length) {
      throw new RangeError(`window ${offset}+${length} passes the end at ${this.length}`);
    }
    this.windows++;
    if (this.#cache === undefined) this.#mappedWindow(offset, length);
    else if (length === 0) this.at = 0;
    else this.#readWindow(this.#cache, offset, length);
    this.#refuseUnreadable(offset, length);
  }

  /** Refuses unreadable pages without checksums: the zeros that stand for them would pass for content. */
  #refuseUnreadable(offset: number, length: number): void {
    const { fileSystem, path, start, damageClass } = this.#options;
    if (fileSystem.unreadable?.touches(path, start + offset, length) !== true) return;
    throw new StatelogError('DAMAGED', `${path}: bytes at ${start + offset} cannot be read`, {
      path,
      offset: start + offset,
      class: damageClass ?? 'value-mismatch',
      hint: `run \`statelog verify\` to see all that is damaged`,
    });
  }

  #readWindow(cache: PageCache, offset: number, length: number): void {
    const first = Math.floor(offset / PAGE_BYTES);
    const within = offset - first * PAGE_BYTES;
    if (within + length <= PAGE_BYTES) {
      if (first !== this.#currentPage) {
        this.#currentPage = -1;
        this.#currentAt = this.#load(cache, first) * PAGE_BYTES;
        this.#currentPage = first;
      }
      this.bytes = cache.bytes;
      this.view = cache.view;
      this.at = this.#currentAt + within;
      return;
    }
    this.#currentPage = -1;
    const last = Math.floor((offset + length - 1) / PAGE_BYTES);
    if (last - first < CACHED_PAGES_MAX) this.#joinPages(cache, offset, length);
    else this.#readPages(first, last, within);
  }

  /** The slot of a page, which is read and checked where it is not in the cache. */
  #load(cache: PageCache, page: number): number {
    const found = cache.find(page);
    if (found >= 0) return found;
    const slot = cache.evict(page);
    this.#reader.read(page, cache.bytes, slot * PAGE_BYTES);
    this.#check(page, cache.bytes, slot * PAGE_BYTES);
    cache.hold(slot, page);
    return slot;
  }

  #joinPages(cache: PageCache, offset: number, length: number): void {
    const joined = this.#takeJoined(length);
    for (let done = 0; done < length;) {
      const page = Math.floor((offset + done) / PAGE_BYTES);
      const within = offset + done - page * PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - within, length - done);
      const from = this.#load(cache, page) * PAGE_BYTES + within;
      joined.set(cache.bytes.subarray(from, from + count), done);
      done += count;
    }
    this.bytes = joined;
    this.view = this.#joinedView;
    this.at = 0;
  }

  #readPages(first: number, last: number, within: number): void {
    const { fileSystem, descriptor, start } = this.#options;
    const from = first * PAGE_BYTES;
    const count = Math.min((last + 1) * PAGE_BYTES, this.length) - from;
    const joined = this.#takeJoined(count);
    readFully(fileSystem, descriptor, joined, 0, count, start + from);
    for (let page = first; page <= last; page += 1) {
      this.#check(page, joined, (page - first) * PAGE_BYTES);
    }
    this.bytes = joined;
    this.view = this.#joinedView;
    this.at = within;
  }

  #mappedWindow(offset: number, length: number): void {
    const { start, mapping } = this.#options;
    const { windows, windowBytes } = mapping!;
    if (this.#checked !== undefined) this.#checkMapped(this.#checked, offset, length);
    const from = start + offset;
    const first = Math.min(Math.floor(from / windowBytes), windows.length - 1);
    const within = from - first * windowBytes;
    const window = windows[first];
    if (window === undefined || within + length <= window.length) {
      this.bytes = window ?? this.bytes;
      this.view = this.#views[first] ?? this.view;
      this.at = window === undefined ? 0 : within;
      return;
    }
    this.#copyMapped(from, length, this.#takeJoined(length));
    this.bytes = this.#joined;
    this.view = this.#joinedView;
    this.at = 0;
  }

  #checkMapped(checked: Uint8Array, offset: number, length: number): void {
    const last = Math.floor((offset + length - 1) / PAGE_BYTES);
    for (let page = Math.floor(offset / PAGE_BYTES); page <= last; page += 1) {
      const bit = 1 << (page & 7);
      if ((checked[page >>> 3]! & bit) !== 0) continue;
      this.#checkMappedPage(page);
      checked[page >>> 3]! |= bit;
    }
  }

  #checkMappedPage(page: number): void {
    const { start, mapping } = this.#options;
    const { windows, windowBytes } = mapping!;
    const from = start + page * PAGE_BYTES;
    const count = Math.min(PAGE_BYTES, this.length - page * PAGE_BYTES);
    const index = Math.floor(from / windowBytes);
    const within = from - index * windowBytes;
    const window = windows[index]!;
    if (within + count <= window.length) {
      this.#check(page, window, within);
      return;
    }
    const copy = new Uint8Array(count);
    this.#copyMapped(from, count, copy);
    this.#check(page, copy, 0);
  }

  /** Copies bytes that lie in two windows or more. */
  #copyMapped(from: number, length: number, into: Uint8Array): void {
    const { windows, windowBytes } = this.#options.mapping!;
    for (let done = 0; done < length;) {
      const index = Math.floor((from + done) / windowBytes);
      const within = from + done - index * windowBytes;
      const part = windows[index]!.subarray(within, within + length - done);
      into.set(part, done);
      done += part.length;
    }
  }

  #takeJoined(length: number): Uint8Array {
    const reusable = this.#joined.length >= length && this.#joined.length <= KEPT_BYTES_MAX;
    if (!reusable) {
      this.#joined = new Uint8Array(length);
      this.#joinedView = viewOf(this.#joined);
    }
    return this.#joined;
  }

  #check(page: number, bytes: Uint8Array, at: number): void {
    const expected = this.#options.pageSums?.at(page);
    if (expected === undefined) return;
    const count = Math.min(PAGE_BYTES, this.length - page * PAGE_BYTES);
    const found = crc32c(bytes, at, at + count);
    if (found !== expected) throw this.#damage(page, expected, found);
  }

  #damage(page: number, expected: number, found: number): StatelogError {
    const { path, start, damageClass } = this.#options;
    const offset = start + page * PAGE_BYTES;
    return new StatelogError('DAMAGED', `${path}: the page at byte ${offset} fails its checksum`, {
      path,
      offset,
      class: damageClass ?? 'value-mismatch',
      expected: `crc32c ${checksumHex(expected)}`,
      found: `crc32c ${checksumHex(found)}`,
      hint: `run \`statelog verify\` to see all that is damaged`,
    });
  }
}
