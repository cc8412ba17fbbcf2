import { MANIFEST_BYTES_MAX, MANIFEST_NAME } from '../../artifact/format/format.js';
import { invalidArtifact } from '../../artifact/format/invalid.js';
import type { EntrySink } from '../../artifact/read/entry-sink.js';
import { TarReader } from '../../artifact/read/tar-reader.js';
import type { StatelogError } from '../../errors.js';

/**
 * Passes a tar on, and ends it with an error where the manifest in it is another than the one that is wanted.
 * @param isWanted asked with the bytes of the manifest
 */
export async function* withManifest(
  chunks: AsyncIterable<Uint8Array>,
  isWanted: (manifest: Uint8Array) => boolean,
  url: string,
): AsyncGenerator<Uint8Array, void> {
  const reader = new TarReader(new ManifestWatch(isWanted, url), url);
  for await (const chunk of chunks) {
    reader.push(chunk);
    yield chunk;
  }
  reader.end();
}

/** Takes the manifest of a tar, and nothing else. */
class ManifestWatch implements EntrySink {
  readonly #isWanted: (manifest: Uint8Array) => boolean;
  readonly #url: string;
  #taken: Uint8Array[] | undefined;

  constructor(isWanted: (manifest: Uint8Array) => boolean, url: string) {
    this.#isWanted = isWanted;
    this.#url = url;
  }

  folder(): void {
    // Who unpacks it judges them.
  }

  startFile(path: string, size: number): boolean {
    const isManifest = path === MANIFEST_NAME;
    if (isManifest && size > MANIFEST_BYTES_MAX) throw this.#otherManifest();
    this.#taken = isManifest ? [] : undefined;
    return isManifest;
  }

  write(bytes: Uint8Array): void {
    this.#taken?.push(bytes.slice());
  }

  endFile(): void {
    if (this.#taken === undefined) return;
    if (!this.#isWanted(Buffer.concat(this.#taken))) throw this.#otherManifest();
    this.#taken = undefined;
  }

  #otherManifest(): StatelogError {
    return invalidArtifact(this.#url, 'the manifest in it is not the one that its pointer is', {
      class: 'digest-mismatch',
    });
  }
}
