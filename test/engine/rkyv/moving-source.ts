import { viewOf, type ByteSource } from '../../../src/engine/bytes/byte-source.js';

/**
 * A source that shows each window in a buffer of its own and overwrites the last one, as a source of
 * pages may: whoever reads a window after asking for the next reads 0xEE. Also counts the windows.
 */
export class MovingSource implements ByteSource {
  readonly length: number;
  bytes = new Uint8Array();
  view = viewOf(this.bytes);
  at = 0;
  windows = 0;
  bytesShown = 0;
  readonly #all: Uint8Array;

  constructor(all: Uint8Array) {
    this.#all = all;
    this.length = all.length;
  }

  window(offset: number, length: number): void {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.length)) {
      throw new RangeError(`window ${offset}+${length} passes the end at ${this.length}`);
    }
    this.bytes.fill(0xee);
    this.at = this.windows % 3;
    this.bytes = new Uint8Array(this.at + length).fill(0xee);
    this.bytes.set(this.#all.subarray(offset, offset + length), this.at);
    this.view = viewOf(this.bytes);
    this.windows++;
    this.bytesShown += length;
  }
}
