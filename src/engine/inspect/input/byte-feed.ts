const NONE = new Uint8Array(0);

/**
 * Bytes that come in chunks, taken as many at a time as are asked for. Each chunk is copied: the next one may be read into the same memory.
 *
 * Invariant: `#head` is what was read and not taken.
 */
export class ByteFeed {
  /** How many bytes were taken. */
  offset = 0;
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #head: Uint8Array = NONE;
  #last: Uint8Array = NONE;

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** The next bytes, which stay; fewer where no more come. */
  async peek(length: number): Promise<Uint8Array> {
    while (this.#head.length < length) {
      const chunk = await this.#read();
      if (chunk === undefined) break;
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    }
    return this.#head.subarray(0, length);
  }

  /** The next bytes; fewer where no more come. */
  async take(length: number): Promise<Uint8Array> {
    const taken = await this.peek(length);
    this.#head = this.#head.subarray(taken.length);
    this.offset += taken.length;
    return taken;
  }

  /** Takes bytes up to and with the next zero. */
  async takeText(): Promise<void> {
    for (let byte = await this.take(1); byte.length > 0 && byte[0] !== 0;) byte = await this.take(1);
  }

  /** Takes all that is left. @returns whether it is zeros, or nothing */
  async isOnlyZeros(): Promise<boolean> {
    for (let bytes = await this.peek(1); bytes.length > 0; bytes = await this.peek(1)) {
      if (this.#head.some((byte) => byte !== 0)) return false;
      await this.take(this.#head.length);
    }
    return true;
  }

  /** The next chunk, whatever its length, of which some may be given back; undefined where no more come. */
  async takeChunk(): Promise<Uint8Array | undefined> {
    const chunk = this.#head.length > 0 ? this.#head : await this.#read();
    this.#head = NONE;
    this.#last = chunk ?? NONE;
    this.offset += this.#last.length;
    return chunk;
  }

  /** Takes back the last bytes of the chunk that was taken last. */
  giveBack(bytes: number): void {
    this.offset -= bytes;
    this.#head = this.#last.subarray(this.#last.length - bytes);
  }

  async #read(): Promise<Uint8Array | undefined> {
    const next = await this.#chunks.next();
    return next.done === true ? undefined : next.value.slice();
  }
}
