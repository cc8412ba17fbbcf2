import { assert } from '../../engine/assert.js';
import { StatelogError } from '../../engine/errors.js';

const LINE_FEED = 0x0a;
/** No line is longer than this: a value of 256 MiB in base64 or hex, and the fields around it. */
export const LINE_BYTES_MAX = 544 * 1024 * 1024;
const PART_BYTES_MIN = 64 * 1024;

/**
 * Cuts chunks of bytes into lines, without ever holding more than one chunk and one line.
 * Lines come without their LF; the last one may lack it. Push a chunk, take lines until
 * there are none, push the next; `end` gives what is left.
 *
 * Invariants: what of a line came in earlier chunks is `#part[0 … #partLength)`; `#chunk` from
 * `#at` on is not looked at yet, and is empty when `next` has returned undefined.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #part: Uint8Array = new Uint8Array(0);
  #partLength = 0;
  #lines = 0;

  constructor(lineBytesMax = LINE_BYTES_MAX) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** How many lines have been given out: the number of the last one, counted from 1. */
  get lines(): number {
    return this.#lines;
  }

  /** Takes the next chunk, once `next` has returned undefined for the one before. */
  push(chunk: Uint8Array): void {
    assert(this.#at === this.#chunk.length, 'all lines of the chunk before were taken');
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * The next whole line; valid until the next `push`. Undefined: push more, or `end`.
   * @throws StatelogError `INVALID_LINE` for a line over the limit
   */
  next(): Uint8Array | undefined {
    const end = this.#chunk.indexOf(LINE_FEED, this.#at);
    if (end === -1) {
      this.#keep(this.#chunk.subarray(this.#at));
      this.#at = this.#chunk.length;
      return undefined;
    }
    const rest = this.#chunk.subarray(this.#at, end);
    this.#at = end + 1;
    if (this.#partLength === 0 && rest.length <= this.#lineBytesMax) {
      this.#lines += 1;
      return rest;
    }
    this.#keep(rest);
    return this.#takePart();
  }

  /** The last line, where the input does not end with a line end; undefined where it does. */
  end(): Uint8Array | undefined {
    return this.#partLength === 0 ? undefined : this.#takePart();
  }

  #takePart(): Uint8Array {
    const line = this.#part.subarray(0, this.#partLength);
    // A long line's room is given back; a short one's is not taken again before the next `push`.
    this.#part = new Uint8Array(0);
    this.#partLength = 0;
    this.#lines += 1;
    return line;
  }

  #keep(bytes: Uint8Array): void {
    const length = this.#partLength + bytes.length;
    if (length > this.#lineBytesMax) {
      const line = this.#lines + 1;
      throw new StatelogError('INVALID_LINE', `line ${line} is longer than ${this.#lineBytesMax} bytes`, {
        line,
      });
    }
    if (length > this.#part.length) {
      const grown = new Uint8Array(
        Math.min(this.#lineBytesMax, Math.max(length, 2 * this.#part.length, PART_BYTES_MIN)),
      );
      grown.set(this.#part.subarray(0, this.#partLength));
      this.#part = grown;
    }
    this.#part.set(bytes, this.#partLength);
    this.#partLength = length;
  }
}
