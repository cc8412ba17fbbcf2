import { equalBytes } from '../../bytes/compare.js';
import { crc32c } from '../../bytes/crc/checksum.js';
import { PAGE_BYTES } from '../../state/format/format.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileEvidence } from '../survey/evidence.js';

/** A file of pages with checksums, in several copies of which parts may be bad. */
export interface PagedCopies {
  /** The copy that counts wherever it is good; undefined where it is gone. */
  readonly own: FileEvidence | undefined;
  readonly others: readonly FileEvidence[];
  /** The bytes before the first page, as they must be. */
  readonly head: Uint8Array;
  /** Bytes of all pages; the last may be short. */
  readonly length: number;
  /** crc32c of each page. */
  readonly sums: Uint32Array;
}

/** A stretch that comes from another copy. */
export interface TakenStretch {
  readonly offset: number;
  readonly bytes: number;
  readonly from: string;
}

/** A file put together from the good pages of its copies. */
export interface ComposedPages {
  readonly slices: readonly FileSlice[];
  readonly taken: readonly TakenStretch[];
}

/** One copy while it is read. */
interface OpenCopy extends FileEvidence {
  readonly descriptor: FileDescriptor;
}

/**
 * Puts a file together from the good pages of several copies: its own where they fit their checksums, else those of another that do.
 * A page that no copy has stays as it is.
 */
export function composePages(fileSystem: FileSystem, copies: PagedCopies): ComposedPages {
  const { own, others } = copies;
  const files = [...(own === undefined ? [] : [own]), ...others];
  const open: OpenCopy[] = [];
  try {
    for (const file of files) open.push({ ...file, descriptor: fileSystem.openRead(file.path) });
    return new PageComposer(fileSystem, copies, open).run();
  } finally {
    for (const { descriptor } of open) closeQuietly(fileSystem, descriptor);
  }
}

class PageComposer {
  readonly #fileSystem: FileSystem;
  readonly #copies: PagedCopies;
  readonly #open: readonly OpenCopy[];
  readonly #page = new Uint8Array(PAGE_BYTES);
  readonly #slices: FileSlice[] = [];
  readonly #taken: TakenStretch[] = [];

  constructor(fileSystem: FileSystem, copies: PagedCopies, open: readonly OpenCopy[]) {
    this.#fileSystem = fileSystem;
    this.#copies = copies;
    this.#open = open;
  }

  run(): ComposedPages {
    const { own, head, length, sums } = this.#copies;
    const [first] = this.#open;
    if (first === undefined) return { slices: [], taken: [] };
    this.#addHead(first);
    for (const [number, sum] of sums.entries()) {
      const start = head.length + number * PAGE_BYTES;
      const bytes = Math.min(PAGE_BYTES, length - number * PAGE_BYTES);
      const good = this.#open.find((copy) => this.#isGood(copy, start, bytes, sum));
      this.#add(good ?? first, start, bytes);
    }
    const end = head.length + length;
    if (own !== undefined && own.status.size > end) this.#add(first, end, own.status.size - end);
    return { slices: this.#slices, taken: this.#taken };
  }

  #addHead(first: OpenCopy): void {
    const { head, own } = this.#copies;
    const there = new Uint8Array(head.length);
    const count = this.#fileSystem.read(first.descriptor, there, 0, there.length, 0);
    if (count === there.length && equalBytes(there, head)) {
      this.#add(first, 0, head.length);
      return;
    }
    const { path, status } = first;
    this.#slices.push({ path, start: 0, length: head.length, holder: status, bytes: head });
    const from = this.#copies.others[0]?.path ?? path;
    if (own !== undefined) this.#taken.push({ offset: 0, bytes: head.length, from });
  }

  #isGood({ descriptor }: OpenCopy, start: number, bytes: number, sum: number): boolean {
    const count = this.#fileSystem.read(descriptor, this.#page, 0, bytes, start);
    return count === bytes && crc32c(this.#page, 0, bytes) === sum;
  }

  /** Adds a stretch of a copy; zeros where that is too short. */
  #add(copy: OpenCopy, start: number, bytes: number): void {
    const { path, status } = copy;
    const there = Math.max(0, Math.min(bytes, status.size - start));
    const last = this.#slices.at(-1);
    const isNext = last?.path === path && last.bytes === undefined && last.start + last.length === start;
    if (isNext) this.#slices[this.#slices.length - 1] = { ...last, length: last.length + there };
    else if (there > 0) this.#slices.push({ path, start, length: there, holder: status });
    if (there < bytes) {
      const zeros = new Uint8Array(bytes - there);
      this.#slices.push({ path, start: start + there, length: zeros.length, holder: status, bytes: zeros });
    }
    if (path !== this.#copies.own?.path) this.#note(start, bytes, path);
  }

  #note(offset: number, bytes: number, from: string): void {
    const last = this.#taken.at(-1);
    const isNext = last?.from === from && last.offset + last.bytes === offset;
    if (isNext) this.#taken[this.#taken.length - 1] = { ...last, bytes: last.bytes + bytes };
    else this.#taken.push({ offset, bytes, from });
  }
}
