import { JsonLineParts, parseJsonLine, type JsonFields } from './json-line.js';
import { plainEntry, type PlainEntry } from './plain-line.js';
import { byteOrderMarkLength } from './text.js';

const LINE_FEED = 0x0a;

/** One line of a stream, valid until the next one is asked for. */
export class JsonLine {
  /** Its number from 1. */
  readonly number: number;
  /** Start of the line in the stream, in bytes; `length` leaves out the line end. */
  readonly start: number;
  readonly length: number;
  /** The line, or its last part, is `#chunk[#at, #end)`. */
  readonly #chunk: Uint8Array;
  readonly #at: number;
  readonly #end: number;
  readonly #parts: JsonLineParts | undefined;

  /** @internal */
  constructor(
    place: Pick<JsonLine, 'number' | 'start' | 'length'>,
    chunk: Uint8Array,
    at: number,
    end: number,
    parts: JsonLineParts | undefined,
  ) {
    this.number = place.number;
    this.start = place.start;
    this.length = place.length;
    this.#chunk = chunk;
    this.#at = at;
    this.#end = end;
    this.#parts = parts;
  }

  /** The key and the value, where `plainEntry` finds them; lent as the line is. */
  plainEntry(): PlainEntry | undefined {
    return this.#parts === undefined ? plainEntry(this.#chunk, this.#at, this.#end) : undefined;
  }

  /** Parses the line, once; undefined where it is no JSON object. */
  fields(): JsonFields | undefined {
    const bytes = this.#chunk.subarray(this.#at, this.#end);
    if (this.#parts === undefined) return parseJsonLine(bytes);
    this.#parts.take(bytes);
    return this.#parts.end();
  }
}

/**
 * Finds the lines of a stream, to be read as JSON objects. A line that lies in one chunk is parsed where it lies; what goes over
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
    const chunk = this.#chunk;
    const at = this.#at;
    const end = chunk.indexOf(LINE_FEED, at);
    this.#at = end === -1 ? chunk.length : end + 1;
    if (end === -1) {
      if (at < chunk.length) (this.#parts ??= new JsonLineParts()).take(chunk.subarray(at));
      return undefined;
    }
    const parts = this.#parts;
    this.#parts = undefined;
    const start = this.#lineStart;
    this.#lineStart = this.#chunkStart + end + 1;
    const place = { number: ++this.#lines, start, length: this.#lineStart - 1 - start };
    return new JsonLine(place, chunk, at, end, parts);
  }

  /** True where the last line has not ended. */
  get isWithinLine(): boolean {
    return this.#parts !== undefined;
  }
}
