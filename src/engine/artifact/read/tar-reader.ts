import { artifactError, invalidArtifact } from '../format/invalid.js';
import type { EntrySink } from './entry-sink.js';
import { decodeLongName, decodePax, EXTENDED_BYTES_MAX, type Extension } from '../format/extended-header.js';
import { MANIFEST_NAME, PAYLOAD_FOLDER } from '../format/format.js';
import { TAR_BLOCK_BYTES, decodeTarHeader, isZeroBlock, paddingAfter } from '../format/tar-header.js';

/** Zeros after the end: as many as programs add that write large records. */
const TRAILING_BYTES_MAX = 1024 * 1024;

/** The root of an artifact, as a tar names it. */
const ROOT = '.';

interface ExtendedHeader {
  readonly kind: 'extended' | 'long-name';
  readonly bytes: Uint8Array;
  filled: number;
}

/** The part of the tar that comes next. */
type Expected = 'header' | 'content' | 'padding' | 'second-zero-block' | 'zeros-to-the-end';

/**
 * Reads a tar as it comes, in chunks of any length, and passes its entries on. It takes plain files
 * and folders and nothing else: no link, device, FIFO or sparse file, and of extended headers (pax, GNU) those that
 * repeat or lengthen what the plain header says; the padding
 * and whatever follows the end must be zeros. Memory is constant.
 */
export class TarReader {
  readonly #sink: EntrySink;
  readonly #origin: string;
  readonly #block = new Uint8Array(TAR_BLOCK_BYTES);
  #blockFilled = 0;
  #expected: Expected = 'header';
  /** Bytes of content or padding that are still to come; of zeros after the end, that were there. */
  #left = 0;
  #paddingLeft = 0;
  /** The folder that all entries lie in, as some programs pack one; '' where they lie at the root. */
  #wrapper: string | undefined;
  /** A header that says more of the entry behind it, while it is read; and what it said. */
  #extended: ExtendedHeader | undefined;
  #extension: Extension = {};
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
    const taken = Math.min(bytes.length, TAR_BLOCK_BYTES - this.#blockFilled);
    this.#block.set(bytes.subarray(0, taken), this.#blockFilled);
    this.#blockFilled += taken;
    if (this.#blockFilled < TAR_BLOCK_BYTES) return taken;
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
    const { kind, name: ownName, size: ownSize } = entry;
    if (kind === 'extended' || kind === 'long-name') {
      if (ownSize > EXTENDED_BYTES_MAX) throw this.#refused('an extended header is too long');
      this.#extended = { kind, bytes: new Uint8Array(ownSize), filled: 0 };
      this.#begin(ownSize);
      return;
    }
    const { name = ownName, size = ownSize } = this.#extension;
    this.#extension = {};
    const path = this.#pathIn(relativePath(name.endsWith('/') ? name.slice(0, -1) : name), kind === 'folder');
    if (kind === 'folder') {
      this.#sink.folder(path);
      return;
    }
    this.#sink.startFile(path, size, start);
    this.#begin(size);
  }

  #begin(size: number): void {
    this.#left = size;
    this.#paddingLeft = paddingAfter(size);
    this.#expected = 'content';
    if (size === 0) this.#endContent();
  }

  /** `tar -cf x.tar artifact` puts the folder's name in front of every entry: it is taken off. */
  #pathIn(path: string, isFolder: boolean): string {
    if (this.#wrapper === undefined) {
      const first = path.split('/', 1)[0]!;
      const isOwn = [ROOT, '..', '', MANIFEST_NAME, PAYLOAD_FOLDER].includes(first);
      this.#wrapper = isOwn || !(isFolder || path.includes('/')) ? '' : first;
    }
    if (this.#wrapper === '') return path;
    if (path === this.#wrapper) return ROOT;
    return path.startsWith(`${this.#wrapper}/`) ? path.slice(this.#wrapper.length + 1) : path;
  }

  #takeContent(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#left);
    const part = taken === bytes.length ? bytes : bytes.subarray(0, taken);
    if (this.#extended === undefined) {
      this.#sink.write(part);
    } else {
      this.#extended.bytes.set(part, this.#extended.filled);
      this.#extended.filled += taken;
    }
    this.#left -= taken;
    if (this.#left === 0) this.#endContent();
    return taken;
  }

  #endContent(): void {
    if (this.#extended === undefined) this.#sink.endFile();
    else this.#takeExtension(this.#extended);
    this.#expected = this.#paddingLeft > 0 ? 'padding' : 'header';
  }

  #takeExtension({ kind, bytes }: ExtendedHeader): void {
    this.#extended = undefined;
    const extension = kind === 'extended' ? decodePax(bytes) : decodeLongName(bytes);
    if (typeof extension === 'string') {
      throw invalidArtifact(this.#origin, extension, {
        class: 'undecodable',
        offset: this.#position,
        hint: 'pack it anew from its folder: tar --format=ustar -C ARTIFACT -cf NEW.tar .',
      });
    }
    this.#extension = { ...this.#extension, ...present(extension) };
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

function present({ name, size }: Extension): Extension {
  return { ...(name === undefined ? {} : { name }), ...(size === undefined ? {} : { size }) };
}
