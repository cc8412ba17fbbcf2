import { viewOf } from '../../bytes/byte-source.js';
import { WordCopier } from '../../bytes/copy.js';
import { StatelogError } from '../../errors.js';
import {
  KEY_BYTES,
  MAP_ROOT,
  MAP_ROOT_BYTES,
  MISSING,
  NODE,
  NODE_ALIGNMENT,
  POINTER_MIN,
  VALUE_BYTES,
} from './ordered-map-format.js';
import type { OpenNode } from './ordered-map-open-node.js';

/** Bytes are handed on in blocks of this size. */
const BLOCK_BYTES = 64 * 1024;

/** The target of a pointer to nothing. */
export const NO_CHILD = -1;

/**
 * The bytes of an archived ordered map on their way out, in blocks. Fields are written with a position
 * from `position` on, after room was made for them, and then passed with `advance`.
 *
 * Invariant: `position` counts all bytes of the map so far, of which the last `length` are in `block`.
 */
export class OrderedMapOutput {
  readonly block = new Uint8Array(BLOCK_BYTES);
  length = 0;
  position = 0;
  /** Called before the block is used again: for whoever still needs something in it. */
  beforeFlush: (() => void) | undefined;
  readonly #copier = new WordCopier();
  readonly #view = viewOf(this.block);
  readonly #sink: (bytes: Uint8Array) => void;

  /** @param sink takes the bytes in order; the buffer is used again when it returns */
  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink;
  }

  /** Writes bytes; what is longer than a block goes past it. */
  write(bytes: Uint8Array, start: number, length: number): void {
    if (length > BLOCK_BYTES) {
      this.flush();
      this.#sink(bytes.subarray(start, start + length));
      this.position += length;
      return;
    }
    this.reserve(length);
    this.#copier.copy(bytes, start, length, this.block, this.length);
    this.advance(length);
  }

  /** Writes zeros up to where a node may start. */
  align(): void {
    const over = this.position % NODE_ALIGNMENT;
    if (over > 0) this.write(ZEROS, 0, NODE_ALIGNMENT - over);
  }

  /** Makes room in the block for so many bytes. */
  reserve(length: number): void {
    if (this.length + length > BLOCK_BYTES) this.flush();
  }

  advance(length: number): void {
    this.length += length;
    this.position += length;
  }

  /** A word at `field`, counted from `position`. */
  word(field: number, value: number): void {
    this.#view.setUint32(this.length + field, value, true);
  }

  /**
   * Writes a pointer from the field to the position `target`.
   * @throws StatelogError `LIMIT_EXCEEDED`
   */
  pointer(field: number, target: number): void {
    const pointer = target === NO_CHILD ? MISSING : target - (this.position + field);
    if (pointer < POINTER_MIN) {
      throw new StatelogError('LIMIT_EXCEEDED', 'an index cannot be larger than 2 GiB', {
        hint: 'spread the keys over more cores',
      });
    }
    this.#view.setInt32(this.length + field, pointer, true);
  }

  /** Writes the part that both kinds of nodes have: kind, keys and values. The keys start at position `keysAt`. */
  entries(open: OpenNode, kind: number, keysAt: number): void {
    this.word(NODE.kind, kind);
    let keyStart = 0;
    for (let slot = 0; slot < open.count; slot++) {
      const keyEnd = open.keyEnds[slot]!;
      const keyField = NODE.keys + slot * KEY_BYTES;
      this.pointer(keyField, keysAt + keyStart);
      this.word(keyField + 4, keyEnd - keyStart);
      const valueField = NODE.values + slot * VALUE_BYTES;
      this.word(valueField, open.offsets[slot]!);
      this.word(valueField + 4, open.lengths[slot]!);
      keyStart = keyEnd;
    }
  }

  /** Writes the reference to the topmost node, and hands on everything. @returns how many bytes the map has */
  finish(root: number, count: number): number {
    this.align();
    this.reserve(MAP_ROOT_BYTES);
    this.pointer(MAP_ROOT.pointer, root);
    this.word(MAP_ROOT.count, count);
    this.advance(MAP_ROOT_BYTES);
    this.flush();
    return this.position;
  }

  /** Hands on what is in the block. */
  flush(): void {
    if (this.length === 0) return;
    this.beforeFlush?.();
    this.#sink(this.block.subarray(0, this.length));
    this.length = 0;
  }
}

const ZEROS = new Uint8Array(NODE_ALIGNMENT);
