import { OrderedMapOutput } from './ordered-map-output.js';
import { OrderedMapTree } from './ordered-map-tree.js';

/**
 * Writes an archived ordered map from sorted entries as a stream, byte for byte as the original does: the nodes, and
 * the reference to the topmost one. It holds a block of output beside what `OrderedMapTree` does.
 */
export class OrderedMapWriter {
  readonly #count: number;
  readonly #output: OrderedMapOutput;
  readonly #tree: OrderedMapTree;

  /**
   * @param count how many entries will be added: u32
   * @param sink takes the bytes in order; the buffer is used again when it returns
   */
  constructor(count: number, sink: (bytes: Uint8Array) => void) {
    this.#count = count;
    this.#output = new OrderedMapOutput(sink);
    this.#tree = new OrderedMapTree(count, this.#output);
  }

  /** Adds the next entry, as `OrderedMapTree.addAt` does. */
  add(key: Uint8Array, offset: number, length: number): void {
    this.#tree.addAt(key, 0, key.length, offset, length);
  }

  /** Adds, as `add` does, an entry whose key stands in a buffer. */
  addAt(bytes: Uint8Array, keyStart: number, keyLength: number, offset: number, length: number): void {
    this.#tree.addAt(bytes, keyStart, keyLength, offset, length);
  }

  /**
   * Writes what is still open and the reference to the root.
   * @returns how many bytes the map has
   * @throws RangeError for fewer entries than were announced
   */
  finish(): number {
    return this.#output.finish(this.#tree.finish(), this.#count);
  }
}
