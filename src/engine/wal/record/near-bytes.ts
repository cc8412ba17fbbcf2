import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';

const BLOCK_BYTES = 4096;
/** The most rows of claims that may run beside each other. */
const BLOCKS = 4;

interface Block {
  readonly bytes: Uint8Array;
  start: number;
  filled: number;
}

/**
 * Short ranges of a file, of which each may lie a little behind one of the last: then a block is read at once, else no more than is
 * asked for.
 */
export class NearBytes {
  readonly #fileSystem: FileSystem;
  readonly #descriptor: FileDescriptor;
  readonly #blocks: Block[] = [];
  #last: Block;
  /** The block that is given up next. */
  #next = 0;

  constructor(fileSystem: FileSystem, descriptor: FileDescriptor) {
    this.#fileSystem = fileSystem;
    this.#descriptor = descriptor;
    this.#last = this.#add();
  }

  /** The block of the last call of `load`. */
  get bytes(): Uint8Array {
    return this.#last.bytes;
  }

  /**
   * Brings `length` bytes from `position` into the block, at most as many as it has.
   * @returns where they start in `bytes`; -1 if the file ends before that
   */
  load(position: number, length: number): number {
    const block = this.#near(position);
    this.#last = block ?? this.#free();
    const { bytes, start, filled } = this.#last;
    if (block === undefined || position + length > start + filled) {
      const wanted = block === undefined ? length : BLOCK_BYTES;
      this.#last.start = position;
      this.#last.filled = this.#fileSystem.read(this.#descriptor, bytes, 0, wanted, position);
      if (this.#last.filled < length) return -1;
    }
    return position - this.#last.start;
  }

  /** Forgets the blocks: the file may have changed. */
  forget(): void {
    for (const block of this.#blocks) block.filled = 0;
  }

  #near(position: number): Block | undefined {
    for (const block of this.#blocks) {
      const { start, filled } = block;
      if (position >= start && position <= start + filled + BLOCK_BYTES) return block;
    }
    return undefined;
  }

  #free(): Block {
    if (this.#blocks.length < BLOCKS) return this.#add();
    this.#next = (this.#next + 1) % BLOCKS;
    return this.#blocks[this.#next]!;
  }

  #add(): Block {
    const block = { bytes: new Uint8Array(BLOCK_BYTES), start: 0, filled: 0 };
    this.#blocks.push(block);
    return block;
  }
}
