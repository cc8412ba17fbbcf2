import { ContentDigest } from '../bytes/hash/content-digest.js';
import { toUtf8 } from '../bytes/text/text.js';
import { headerLine, type LinesHeader } from './export-lines.js';

const NO_KEY = new Uint8Array(0);

/**
 * The digest of what an export says beside its content: cursor, epoch, sources, and the entries' versions. The content's
 * digest is the same in every kind of store, and so leaves them out; without this one a flipped digit in a revision
 * would go unnoticed. BLAKE3 as `ContentDigest` has it, over the header's line and each entry's key with its version.
 */
export class AttributeDigest {
  readonly #digest = new ContentDigest();

  constructor(header: LinesHeader) {
    this.#digest.add(NO_KEY, toUtf8(headerLine(header)));
  }

  /** Adds the version of an entry, if it has one; in key order. */
  add(key: Uint8Array, version: Uint8Array | undefined): void {
    if (version !== undefined && version.length > 0) this.#digest.add(key, version);
  }

  hex(): string {
    return this.#digest.hex();
  }
}
