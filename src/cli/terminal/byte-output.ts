import { copyBytes } from '../../engine/bytes/copy.js';
import type { PlainBytes } from './shown/plain-bytes.js';
import {
  DECIMAL_BYTES_MAX,
  writeDecimal,
  writeDecimalHalves,
  writeSignedHalves,
} from './shown/decimal-digits.js';

/** The final receiver of bytes. */
export interface ByteSink {
  /**
   * Takes all the bytes, and resolves when the next may come. The bytes must not change until then.
   * @returns false if the reader has gone away and nothing more is wanted
   * @throws StatelogError `DISK_FULL` or `IO_FAILED`
   */
  write(bytes: Uint8Array): Promise<boolean>;
}

const BUFFER_BYTES = 64 * 1024;
/** How much is worth a system call; what is left of the buffer takes the rest of a record. */
const FULL_BYTES = 48 * 1024;
/** A text of up to so many characters is written by a loop: the way into native code costs more. */
const SHORT_TEXT_MAX = 24;
const ASCII_MAX = 0x7f;

/**
 * Bytes on their way out, gathered into large writes. `write` never waits, so that a loop over
 * a million records has no promise a record; instead, when `isFull` says so:
 *
 *     output.writeText(line);
 *     if (output.isFull && !(await output.flush())) break;
 *
 * Invariants: `#length` bytes of `#buffer` follow all of `#pieces`; after the reader has gone
 * nothing is kept and `flush` is false; `#spare` is a buffer that nobody reads any more.
 */
export class ByteOutput {
  readonly #sink: ByteSink;
  #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #spare: Buffer | undefined;
  #length = 0;
  /** Full buffers, and pieces too large to copy, in order. */
  #pieces: Uint8Array[] = [];
  #isClosed = false;
  /** Changes each piece on its way out. */
  #filter: ((piece: Uint8Array) => Uint8Array) | undefined;
  /** The ends of all waits for the reader. */
  readonly #waits = new Set<(isTaken: boolean) => void>();

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** True when it is time to `flush`. */
  get isFull(): boolean {
    return this.#pieces.length > 0 || this.#length >= FULL_BYTES;
  }

  /** True once the reader has gone away: what is written from then on is dropped. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Adds bytes, or a range of them. Those of a large piece must not change before the next `flush`. */
  write(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const length = end - start;
    if (length > BUFFER_BYTES - this.#length) {
      this.#startBuffer();
      if (length >= BUFFER_BYTES) {
        this.#pieces.push(bytes.subarray(start, end));
        return;
      }
    }
    copyBytes(bytes, start, length, this.#buffer, this.#length);
    this.#length += length;
  }

  /**
   * Adds `bytes[start, end)` up to the first byte that is not plain, or that has no room in a buffer.
   * @returns where it stopped
   */
  writePlain(bytes: Uint8Array, start: number, end: number, plain: PlainBytes): number {
    if (end - start > BUFFER_BYTES - this.#length) this.#startBuffer();
    const stop = Math.min(end, start + BUFFER_BYTES - this.#length);
    const stopped = plain.copy(bytes, start, stop, this.#buffer, this.#length);
    this.#length += stopped - start;
    return stopped;
  }

  /** Adds text, as UTF-8. */
  writeText(text: string): void {
    // UTF-8 takes at most three bytes for one unit of a string.
    if (text.length * 3 > BUFFER_BYTES - this.#length) {
      this.write(Buffer.from(text, 'utf8'));
      return;
    }
    if (text.length <= SHORT_TEXT_MAX && this.#writeAscii(text)) return;
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  /** Adds one byte. */
  writeByte(byte: number): void {
    if (this.#length === BUFFER_BYTES) this.#startBuffer();
    this.#buffer[this.#length++] = byte;
  }

  /** Adds a whole number from 0 to 2^53 in decimal. */
  writeNumber(value: number): void {
    this.#makeRoomForNumber();
    this.#length = writeDecimal(this.#buffer, this.#length, value);
  }

  /** Adds an unsigned 64-bit number in decimal, given as unsigned halves. */
  writeU64(low: number, high: number): void {
    this.#makeRoomForNumber();
    this.#length = writeDecimalHalves(this.#buffer, this.#length, low, high);
  }

  /** Adds a signed 64-bit number in decimal, given as unsigned halves. */
  writeI64(low: number, high: number): void {
    this.#makeRoomForNumber();
    this.#length = writeSignedHalves(this.#buffer, this.#length, low, high);
  }

  /**
   * Hands everything on, and waits until it is taken.
   * @returns false if the reader has gone away: stop producing
   */
  async flush(): Promise<boolean> {
    const last = this.#length > 0 ? this.#buffer : undefined;
    this.#startBuffer();
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const piece of pieces) {
      if (this.#isClosed) break;
      this.#isClosed = !(await this.#taken(this.#filter?.(piece) ?? piece)) || this.#isClosed;
    }
    // A reader that was given up may still look at it.
    if (!this.#isClosed) this.#spare = last ?? this.#spare;
    return !this.#isClosed;
  }

  /** Has everything pass through a filter from now on. It gets whole characters where whole ones are written. */
  passThrough(filter: (piece: Uint8Array) => Uint8Array): void {
    this.#filter = filter;
  }

  /** Gives up on a reader that takes nothing: a `flush` that waits for it is false now, and so is every other. */
  abandon(): void {
    this.#isClosed = true;
    for (const end of this.#waits) end(false);
  }

  /** Whether the reader takes a piece; false too once it is given up. */
  #taken(piece: Uint8Array): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = (isTaken: boolean): void => {
        this.#waits.delete(end);
        resolve(isTaken);
      };
      this.#waits.add(end);
      this.#sink.write(piece).then(end, reject);
    });
  }

  /** @returns false where it is more than ASCII: nothing is written then */
  #writeAscii(text: string): boolean {
    const buffer = this.#buffer;
    const from = this.#length;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > ASCII_MAX) return false;
      buffer[from + index] = unit;
    }
    this.#length = from + text.length;
    return true;
  }

  #makeRoomForNumber(): void {
    if (BUFFER_BYTES - this.#length < DECIMAL_BYTES_MAX) this.#startBuffer();
  }

  #startBuffer(): void {
    if (this.#length === 0) return;
    this.#pieces.push(this.#buffer.subarray(0, this.#length));
    this.#buffer = this.#spare ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#spare = undefined;
    this.#length = 0;
  }
}
