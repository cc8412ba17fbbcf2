const CAPACITY_MIN = 64;

/**
 * The bytes of a file at one moment, shared between images until somebody writes.
 *
 * Invariants:
 * - `bytes` is changed only while `owned`; all that share it have given up owning it.
 * - Bytes of the buffer past `size` are zero wherever it is owned, so growing needs no filling.
 */
export class ByteImage {
  bytes: Uint8Array;
  size: number;
  #owned: boolean;

  constructor(bytes: Uint8Array = new Uint8Array(0), size = bytes.length, owned = false) {
    this.bytes = bytes;
    this.size = size;
    this.#owned = owned;
  }

  /** The same bytes; whichever of the two writes first makes a copy for itself. */
  share(): ByteImage {
    this.#owned = false;
    return new ByteImage(this.bytes, this.size);
  }

  /** A copy that may be written at once, with room for `capacity` bytes. */
  copy(capacity: number): ByteImage {
    const bytes = new Uint8Array(Math.max(capacity, this.size));
    bytes.set(this.view());
    return new ByteImage(bytes, this.size, true);
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.size);
  }

  write(position: number, from: Uint8Array, offset = 0, length = from.length): void {
    if (length === 0) return;
    const end = position + length;
    this.#own(end);
    this.bytes.set(from.subarray(offset, offset + length), position);
    if (end > this.size) this.size = end;
  }

  fill(value: number, start: number, end: number): void {
    if (end <= start) return;
    this.#own(end);
    this.bytes.fill(value, start, end);
    if (end > this.size) this.size = end;
  }

  resize(size: number): void {
    if (size === this.size) return;
    this.#own(size);
    if (size < this.size) this.bytes.fill(0, size, this.size);
    this.size = size;
  }

  #own(capacity: number): void {
    if (this.#owned && capacity <= this.bytes.length) return;
    const grown = capacity <= this.bytes.length ? this.bytes.length : Math.max(capacity * 2, CAPACITY_MIN);
    const bytes = new Uint8Array(grown);
    bytes.set(this.view());
    this.bytes = bytes;
    this.#owned = true;
  }
}
