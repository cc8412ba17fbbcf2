import { readU32 } from '../../bytes/halves.js';
import { ROOT, ROOT_BYTES } from '../../rkyv/entry/wal-entry-format.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import type { WalScanner } from '../../wal/scan/scanner.js';

/** How many records may be cut from a file that is still to be recognised. */
const KEPT = 1_024;

/**
 * The last records that were read of what a file holds, by which it is known again after it was replaced or cut: of each
 * where it ends, and what no other record at that place has, its sequence and time. Allocates nothing for a record.
 */
export class ToldRecords {
  /** How many there were in all, and of how many it is known where they lie. */
  #count = 0;
  #known = 0;
  readonly #ends = new Float64Array(KEPT);
  readonly #sequences = new Uint32Array(KEPT);
  readonly #times = new Uint32Array(KEPT);
  readonly #root = new Uint8Array(ROOT_BYTES);

  /** Takes the record that a scanner has just told of. */
  add({ offset, recordBytes, view }: WalScanner): void {
    const slot = this.#count % KEPT;
    this.#ends[slot] = offset + recordBytes;
    this.#sequences[slot] = view.sequenceLow;
    this.#times[slot] = view.timestampLow;
    this.#count += 1;
    this.#known = Math.min(this.#known + 1, KEPT);
  }

  /** How many of the last records are no longer there; where none of them is, it forgets them all. */
  forgetMissing(fileSystem: FileSystem, descriptor: FileDescriptor): number {
    const before = this.#known;
    while (this.#known > 0 && !this.#isThere(fileSystem, descriptor, this.#lastSlot)) {
      this.#known -= 1;
      this.#count -= 1;
    }
    return before - this.#known;
  }

  /** End of the last record; 0 if there is none. */
  get end(): number {
    return this.#known === 0 ? 0 : this.#ends[this.#lastSlot]!;
  }

  get #lastSlot(): number {
    return (this.#count - 1) % KEPT;
  }

  #isThere(fileSystem: FileSystem, descriptor: FileDescriptor, slot: number): boolean {
    const at = this.#ends[slot]! - ROOT_BYTES;
    if (fileSystem.read(descriptor, this.#root, 0, ROOT_BYTES, at) < ROOT_BYTES) return false;
    return (
      readU32(this.#root, ROOT.sequence) === this.#sequences[slot] &&
      readU32(this.#root, ROOT.timestampNs) === this.#times[slot]
    );
  }
}
