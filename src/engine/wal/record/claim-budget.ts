import { crc32c } from '../../bytes/crc/checksum.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { HeaderIndex } from './header-index.js';

const PIECE_BYTES = 256 * 1024;
/** Ranges up to this long are never counted: the headers that claim them take up enough room themselves. */
export const FREE_BYTES_MAX = 4096;
/** Bytes that may be checksummed in vain: so many at first, and so many more for each byte of progress. */
const WASTE_BYTES_FREE = 64 * 1024 * 1024;
const WASTE_BYTES_A_BYTE = 4;
/** The number of reads far from the scanner's position that may be in vain. */
const PEEKS_FREE = 16_384;
const BYTES_A_PEEK = 1024;

/** One for all: it is only in use within a call, and there may be many scanners. */
const scratch: { piece: Uint8Array | undefined } = { piece: undefined };

/**
 * Checksums of claimed records, and the account of what was spent on claims that proved false. A
 * hostile file can claim a record of 256 MiB at every few bytes; once that has cost too much for the
 * progress made, a `HeaderIndex` answers instead.
 */
export class ClaimChecksum {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #progress: () => number;
  #index: HeaderIndex | undefined;
  #wastedBytes = 0;
  #peeks = 0;

  /** @param progress how many bytes the scanner has come: the allowance grows with them */
  constructor(fileSystem: FileSystem, descriptor: FileDescriptor, progress: () => number) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#progress = progress;
  }

  /** Counts a checksum that proved a claim false. */
  countWaste(length: number): void {
    if (length > FREE_BYTES_MAX) this.#wastedBytes += length;
  }

  /** Counts a read far from where the scanner is. */
  countPeek(): void {
    this.#peeks += 1;
  }

  /** True once plain checksums and far reads have cost more than the progress allows. */
  get isExhausted(): boolean {
    const progress = this.#progress();
    return (
      this.#wastedBytes > WASTE_BYTES_FREE + WASTE_BYTES_A_BYTE * progress ||
      this.#peeks > PEEKS_FREE + progress / BYTES_A_PEEK
    );
  }

  /** The index ahead of `position`, for use while `isExhausted`. */
  indexAt(position: number, end: number): HeaderIndex {
    this.#index ??= new HeaderIndex(this.#fileSystem, this.#descriptor, position, end);
    return this.#index;
  }

  /** The crc32c of a range of the file, read piece by piece. The range lies within the file. */
  crcOf(position: number, length: number): number {
    scratch.piece ??= new Uint8Array(PIECE_BYTES);
    const { piece } = scratch;
    let crc = 0;
    for (let done = 0; done < length;) {
      const wanted = Math.min(PIECE_BYTES, length - done);
      const count = this.#fileSystem.read(this.#descriptor, piece, 0, wanted, position + done);
      crc = crc32c(piece, 0, count, crc);
      // Cut while being read: the checksum of less than all of it will not match.
      if (count < wanted) break;
      done += count;
    }
    return crc;
  }
}
