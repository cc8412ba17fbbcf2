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

/**
 * Bytes on their way out, gathered into large writes. `write` never waits, so that a loop over
 * a million records has no promise a record; instead, when `isFull` says so:
 *
 *     output.writeText(line);
 *     if (output.isFull && !(await output.flush())) break;
 *
 * Invariants: `#length` bytes of `#buffer` follow all of `#pieces`; after the reader has gone
 * nothing is kept and `flush` is false.
 */
export class ByteOutput {
  readonly #sink: ByteSink;
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #length = 0;
  /** Full buffers, and pieces too large to copy, in order. */
  #pieces: Uint8Array[] = [];
  #isClosed = false;
  /** Changes each piece on its way out. */
  #filter: ((piece: Uint8Array) => Uint8Array) | undefined;
  readonly #abandoned: Promise<false>;
  #abandon: (() => void) | undefined;

  constructor(sink: ByteSink) {
    this.#sink = sink;
    this.#abandoned = new Promise((resolve) => {
      this.#abandon = () => {
        resolve(false);
      };
    });
  }

  /** True when it is time to `flush`. */
  get isFull(): boolean {
    return this.#pieces.length > 0 || this.#length >= FULL_BYTES;
  }

  /** True once the reader has gone away: what is written from then on is dropped. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Adds bytes. Those of a large piece must not change before the next `flush`. */
  write(bytes: Uint8Array): void {
    if (bytes.length > BUFFER_BYTES - this.#length) {
      this.#startBuffer();
      if (bytes.length >= BUFFER_BYTES) {
        this.#pieces.push(bytes);
        return;
      }
    }
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Adds text, as UTF-8. */
  writeText(text: string): void {
    // UTF-8 takes at most three bytes for one unit of a string.
    if (text.length * 3 > BUFFER_BYTES - this.#length) {
      this.write(Buffer.from(text, 'utf8'));
      return;
    }
    this.#length += this.#buffer.write(text, this.#length, 'utf8');
  }

  /** Adds one byte. */
  writeByte(byte: number): void {
    if (this.#length === BUFFER_BYTES) this.#startBuffer();
    this.#buffer[this.#length++] = byte;
  }

  /**
   * Hands everything on, and waits until it is taken.
   * @returns false if the reader has gone away: stop producing
   */
  async flush(): Promise<boolean> {
    this.#startBuffer();
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const piece of pieces) {
      if (this.#isClosed) break;
      const taken = this.#sink.write(this.#filter?.(piece) ?? piece);
      this.#isClosed = !(await Promise.race([taken, this.#abandoned])) || this.#isClosed;
    }
    return !this.#isClosed;
  }

  /** Has everything pass through a filter from now on. It gets whole characters where whole ones are written. */
  passThrough(filter: (piece: Uint8Array) => Uint8Array): void {
    this.#filter = filter;
  }

  /** Gives up on a reader that takes nothing: a `flush` that waits for it is false now, and so is every other. */
  abandon(): void {
    this.#isClosed = true;
    this.#abandon?.();
  }

  #startBuffer(): void {
    if (this.#length === 0) return;
    this.#pieces.push(this.#buffer.subarray(0, this.#length));
    this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#length = 0;
  }
}
