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
    copyInLoop(from, start, length, into, at);
  } else if (isWhole) {
    into.set(from, at);
  } else {
    into.set(from.subarray(start, start + length), at);
  }
}

/** Four bytes a turn: a turn of a loop costs as much as copying a byte does. */
function copyInLoop(from: Uint8Array, start: number, length: number, into: Uint8Array, at: number): void {
  let done = 0;
  for (; done + 4 <= length; done += 4) {
    const source = start + done;
    const target = at + done;
    into[target] = from[source]!;
    into[target + 1] = from[source + 1]!;
    into[target + 2] = from[source + 2]!;
    into[target + 3] = from[source + 3]!;
  }
  for (; done < length; done++) into[at + done] = from[start + done]!;
}

const WORD_BYTES = 4;
/** Words copied in one turn of a loop. */
const TURN_BYTES = 4 * WORD_BYTES;
/** From here on words are quicker than a loop over bytes. */
const WORDWISE_BYTES_MIN = 24;
/** From here on a view and a native copy are quicker, though the view is allocated. */
const WORDWISE_BYTES_MAX = 256;

/** Making views costs as much as some copies: they are made of an array that was asked for so often in a row. */
const TIMES_SEEN_MIN = 4;

/** The buffer behind a typed array, kept until another is asked for again and again. */
class WordView {
  #seen: Uint8Array = new Uint8Array(0);
  #timesSeen = 0;
  #bytes: Uint8Array | undefined;
  /** For words that stand anywhere. */
  view: DataView = new DataView(this.#seen.buffer);

  /** True if `view` is of this array. */
  isOf(bytes: Uint8Array): boolean {
    if (bytes === this.#bytes) return true;
    if (bytes !== this.#seen) this.#timesSeen = 0;
    this.#seen = bytes;
    if (++this.#timesSeen < TIMES_SEEN_MIN) return false;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#bytes = bytes;
    return true;
  }
}

/**
 * Copies from buffer to buffer, for who does so again and again in the same two: by words, four in each turn of the loop, which takes
 * a fifth of the time that single bytes take. It keeps the last two buffers alive.
 */
export class WordCopier {
  readonly #from = new WordView();
  readonly #into = new WordView();

  /** `copyBytes`. The caller has checked the bounds of both. */
  copy(from: Uint8Array, start: number, length: number, into: Uint8Array, at: number): void {
    const isWordwise = length >= WORDWISE_BYTES_MIN && length <= WORDWISE_BYTES_MAX;
    if (isWordwise && this.#from.isOf(from) && this.#into.isOf(into)) {
      copyWords(this.#from.view, start, length, this.#into.view, at);
    } else {
      copyBytes(from, start, length, into, at);
    }
  }
}

function copyWords(from: DataView, start: number, length: number, into: DataView, at: number): void {
  let done = 0;
  for (; done + TURN_BYTES <= length; done += TURN_BYTES) {
    const source = start + done;
    const target = at + done;
    into.setUint32(target, from.getUint32(source, true), true);
    into.setUint32(target + 4, from.getUint32(source + 4, true), true);
    into.setUint32(target + 8, from.getUint32(source + 8, true), true);
    into.setUint32(target + 12, from.getUint32(source + 12, true), true);
  }
  for (; done + WORD_BYTES <= length; done += WORD_BYTES) {
    into.setUint32(at + done, from.getUint32(start + done, true), true);
  }
  for (; done < length; done++) into.setUint8(at + done, from.getUint8(start + done));
}
