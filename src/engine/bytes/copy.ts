/** From this many bytes on, a view and a native copy are quicker than a loop, though the view is allocated. */
const NATIVE_COPY_BYTES_MIN = 96;
/** The length from which `set` copies a whole array more quickly than a loop; it needs no view. */
const WHOLE_COPY_BYTES_MIN = 32;

/**
 * Copies `from[start, start + length)` to `into[at, …)`. Whole arrays and short ranges are copied
 * without allocating anything. The caller has checked the bounds of both.
 */
export function copyBytes(
  from: Uint8Array,
  start: number,
  length: number,
  into: Uint8Array,
  at: number,
): void {
  const isWhole = length === from.length;
  if (length < (isWhole ? WHOLE_COPY_BYTES_MIN : NATIVE_COPY_BYTES_MIN)) {
    for (let index = 0; index < length; index++) into[at + index] = from[start + index]!;
  } else if (isWhole) {
    into.set(from, at);
  } else {
    into.set(from.subarray(start, start + length), at);
  }
}

const WORD_BYTES = 4;
const WORD_SHIFT = 2;
/** From here on words are quicker than a loop over bytes. */
const WORDWISE_BYTES_MIN = 24;
/** From here on a view and a native copy are quicker, though the view is allocated. */
const WORDWISE_BYTES_MAX = 256;

/** Making views costs as much as some copies: they are made of an array that was asked for so often in a row. */
const TIMES_SEEN_MIN = 4;

/** The buffer behind a typed array as words, kept until another is asked for again and again. */
class WordView {
  #seen: Uint8Array = new Uint8Array(0);
  #timesSeen = 0;
  #bytes: Uint8Array | undefined;
  words: Int32Array = new Int32Array(0);
  /** For words that stand anywhere. */
  view: DataView = new DataView(this.words.buffer);

  /** True if `words` and `view` are of this array. */
  isOf(bytes: Uint8Array): boolean {
    if (bytes === this.#bytes) return true;
    if (bytes !== this.#seen) this.#timesSeen = 0;
    this.#seen = bytes;
    if (++this.#timesSeen < TIMES_SEEN_MIN) return false;
    const { buffer } = bytes;
    this.words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / WORD_BYTES));
    this.view = new DataView(buffer);
    this.#bytes = bytes;
    return true;
  }
}

/**
 * Copies from buffer to buffer, for who does so again and again in the same two: by whole words, which takes a third of the
 * time, or less where both places stand at one. It keeps the last two buffers alive.
 */
export class WordCopier {
  readonly #from = new WordView();
  readonly #into = new WordView();

  /** `copyBytes`. The caller has checked the bounds of both. */
  copy(from: Uint8Array, start: number, length: number, into: Uint8Array, at: number): void {
    const isWordwise = length >= WORDWISE_BYTES_MIN && length <= WORDWISE_BYTES_MAX;
    if (!isWordwise || !this.#from.isOf(from) || !this.#into.isOf(into)) {
      copyBytes(from, start, length, into, at);
      return;
    }
    const fromAt = from.byteOffset + start;
    const intoAt = into.byteOffset + at;
    const wordsEnd = (length >>> WORD_SHIFT) << WORD_SHIFT;
    if ((fromAt | intoAt) % WORD_BYTES === 0) this.#copyAligned(fromAt, intoAt, wordsEnd);
    else this.#copyAnywhere(fromAt, intoAt, wordsEnd);
    for (let index = wordsEnd; index < length; index++) into[at + index] = from[start + index]!;
  }

  #copyAligned(fromAt: number, intoAt: number, bytes: number): void {
    const source = this.#from.words;
    const target = this.#into.words;
    const fromWord = fromAt >>> WORD_SHIFT;
    const intoWord = intoAt >>> WORD_SHIFT;
    const words = bytes >>> WORD_SHIFT;
    for (let index = 0; index < words; index++) target[intoWord + index] = source[fromWord + index]!;
  }

  #copyAnywhere(fromAt: number, intoAt: number, bytes: number): void {
    const source = this.#from.view;
    const target = this.#into.view;
    for (let index = 0; index < bytes; index += WORD_BYTES) {
      target.setUint32(intoAt + index, source.getUint32(fromAt + index, true), true);
    }
  }
}
