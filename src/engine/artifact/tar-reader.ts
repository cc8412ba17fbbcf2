import { artifactError, invalidArtifact } from './invalid.js';
import type { EntrySink } from './entry-sink.js';
import { BLOCK_BYTES, decodeTarHeader, isZeroBlock, paddingAfter } from './tar-header.js';

/** Zeros after the end: as many as programs add that write large records. */
const TRAILING_BYTES_MAX = 1024 * 1024;

/** What is to come next. */
type Expected = 'header' | 'content' | 'padding' | 'second-zero-block' | 'zeros-to-the-end';

/**
 * Reads a tar as it comes, in chunks of any length, and passes its entries on. It takes plain files
 * and folders and nothing else: no link, device, FIFO, sparse file or extended header; the padding
 * and whatever follows the end must be zeros. Memory is constant.
 */
export class TarReader {
  readonly #sink: EntrySink;
  readonly #origin: string;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockFilled = 0;
  #expected: Expected = 'header';
  /** Bytes of content or padding that are still to come; of zeros after the end, that were there. */
  #left = 0;
  #paddingLeft = 0;
  /** Bytes read, for messages. */
  #position = 0;

  /** @param origin the tar's path, or a stream's name, for messages */
  constructor(sink: EntrySink, origin: string) {
    this.#sink = sink;
    this.#origin = origin;
  }

  /** Takes the next bytes. They may be reused afterwards. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const taken = this.#take(at === 0 ? bytes : bytes.subarray(at));
      at += taken;
      this.#position += taken;
    }
  }

  /** @throws StatelogError `UNFINISHED_STREAM` where the tar ended before its end */
  end(): void {
    if (this.#expected === 'zeros-to-the-end') return;
    throw artifactError('UNFINISHED_STREAM', this.#origin, 'the tar ends before its end', {
      class: 'bad-length',
      offset: this.#position,
    });
  }

  /** Takes some of the bytes; how many. */
  #take(bytes: Uint8Array): number {
    switch (this.#expected) {
      case 'header':
      case 'second-zero-block':
        return this.#takeBlock(bytes);
      case 'content':
        return this.#takeContent(bytes);
      case 'padding':
        return this.#takePadding(bytes);
      case 'zeros-to-the-end':
        return this.#takeTrailing(bytes);
    }
  }

  #takeBlock(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, BLOCK_BYTES - this.#blockFilled);
    this.#block.set(bytes.subarray(0, taken), this.#blockFilled);
    this.#blockFilled += taken;
    if (this.#blockFilled < BLOCK_BYTES) return taken;
    this.#blockFilled = 0;
    if (isZeroBlock(this.#block)) {
      this.#expected = this.#expected === 'header' ? 'second-zero-block' : 'zeros-to-the-end';
    } else if (this.#expected === 'second-zero-block') {
      throw this.#refused('one block of zeros stands in it, where two would be its end');
    } else {
      this.#startEntry(this.#position + taken);
    }
    return taken;
  }

  /** @param start the byte after its header */
  #startEntry(start: number): void {
    const entry = decodeTarHeader(this.#block);
    if (typeof entry === 'string') throw this.#refused(entry);
    const { kind, name, size } = entry;
    if (kind === 'folder') {
      this.#sink.folder(relativePath(name.endsWith('/') ? name.slice(0, -1) : name));
      return;
    }
    this.#sink.startFile(relativePath(name), size, start);
    this.#left = size;
    this.#paddingLeft = paddingAfter(size);
    this.#expected = 'content';
    if (size === 0) this.#endContent();
  }

  #takeContent(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#left);
    this.#sink.write(taken === bytes.length ? bytes : bytes.subarray(0, taken));
    this.#left -= taken;
    if (this.#left === 0) this.#endContent();
    return taken;
  }

  #endContent(): void {
    this.#sink.endFile();
    this.#expected = this.#paddingLeft > 0 ? 'padding' : 'header';
  }

  #takePadding(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#paddingLeft);
    this.#refuseNonZero(bytes.subarray(0, taken), 'bytes are hidden in the padding of a file');
    this.#paddingLeft -= taken;
    if (this.#paddingLeft === 0) this.#expected = 'header';
    return taken;
  }

  #takeTrailing(bytes: Uint8Array): number {
    this.#refuseNonZero(bytes, 'bytes follow its end');
    this.#left += bytes.length;
    if (this.#left > TRAILING_BYTES_MAX) throw this.#refused('too many zeros follow its end');
    return bytes.length;
  }

  #refuseNonZero(bytes: Uint8Array, reason: string): void {
    if (bytes.some((byte) => byte !== 0)) throw this.#refused(reason);
  }

  #refused(reason: string): Error {
    return invalidArtifact(this.#origin, reason, { class: 'undecodable', offset: this.#position });
  }
}

/** `tar -C artifact -c .` puts `./` in front of every name. */
function relativePath(name: string): string {
  return name.startsWith('./') ? name.slice(2) : name;
}
