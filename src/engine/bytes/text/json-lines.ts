import { JsonLineParts, parseJsonLine, type JsonFields } from './json-line.js';
import { byteOrderMarkLength } from './text.js';

const LINE_FEED = 0x0a;

/** One line of a stream. */
export interface JsonLine {
  /** Its number from 1. */
  readonly number: number;
  /** Undefined where the line is no JSON object. */
  readonly fields: JsonFields | undefined;
  /** Start of the line in the stream, in bytes; `length` leaves out the line end. */
  readonly start: number;
  readonly length: number;
}

/**
 * Reads the lines of a stream as JSON objects. A line that lies in one chunk is parsed where it lies; what goes over
 * chunks is decoded as it comes. Push a chunk, take lines until there are none, push the next. A byte order mark in
 * front is passed over.
 *
 * Invariant: what of a line came in earlier chunks is in `#parts`; `#chunk` from `#at` on is not looked at yet.
 */
export class JsonLines {
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #parts: JsonLineParts | undefined;
  #lines = 0;
  /** Positions in the stream at which the chunk and the unfinished line begin. */
  #chunkStart = 0;
  #lineStart = 0;

  /** Takes the next chunk, which must not change before `next` has returned undefined. */
  push(chunk: Uint8Array): void {
    this.#chunkStart += this.#chunk.length;
    this.#chunk = chunk;
    this.#at = 0;
    if (this.#chunkStart > 0) return;
    this.#at = byteOrderMarkLength(chunk);
    this.#lineStart = this.#at;
  }

  /** The next line; undefined where more has to be pushed first. */
  next(): JsonLine | undefined {
    const end = this.#chunk.indexOf(LINE_FEED, this.#at);
    const bytes = this.#chunk.subarray(this.#at, end === -1 ? undefined : end);
    this.#at = end === -1 ? this.#chunk.length : end + 1;
    if (end === -1) {
      if (bytes.length > 0) (this.#parts ??= new JsonLineParts()).take(bytes);
      return undefined;
    }
    const fields = this.#parts === undefined ? parseJsonLine(bytes) : endOf(this.#parts, bytes);
    this.#parts = undefined;
    const start = this.#lineStart;
    this.#lineStart = this.#chunkStart + end + 1;
    return { number: ++this.#lines, fields, start, length: this.#lineStart - 1 - start };
  }

  /** True where the last line has not ended. */
  get isWithinLine(): boolean {
    return this.#parts !== undefined;
  }
}

function endOf(parts: JsonLineParts, bytes: Uint8Array): JsonFields | undefined {
  parts.take(bytes);
  return parts.end();
}
