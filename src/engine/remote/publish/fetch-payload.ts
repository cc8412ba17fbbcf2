import { equalBytes } from '../../bytes/compare.js';
import { StatelogError } from '../../errors.js';
import type { BlobStore } from '../blob/blob-store.js';
import type { Download } from '../../transfer/download/download.js';
import { blobChunks, statusThere, type KnownBlob, type ReadOptions } from './blob-chunks.js';
import { isPayloadOf, payloadName, rankOf } from './names.js';
import { withManifest } from './manifest-watch.js';
import { readPointer } from './pointer.js';

/** The snapshot that a key's pointer names, to be read from its first byte to its last. */
export interface FetchedPayload {
  /** The name of the payload in the store. */
  readonly name: string;
  /** A tar. Throws where its manifest is another than the pointer. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** That tar, for whoever kept its first bytes. */
  readonly download: Download;
}

/**
 * Finds the snapshot that is published under a key. What comes has still to be verified, as all that comes from elsewhere;
 * here it is made sure that it is the one that the pointer names.
 * @throws StatelogError `NOT_FOUND` where none is published; `INVALID_ARTIFACT` where the pointer is no manifest
 */
export async function fetchPayload(
  store: BlobStore,
  key: string,
  options: ReadOptions = {},
): Promise<FetchedPayload> {
  const pointer = await readPointer(store, key, options);
  if (pointer === undefined)
    throw new StatelogError('NOT_FOUND', 'no snapshot is published under this key', {
      path: store.urlOf(key),
      hint: "'statelog list' with a part of the URL shows what is there",
    });
  const { manifest, fault, bytes } = pointer;
  if (manifest === undefined) throw fault!;
  const name = payloadName(key, rankOf(manifest.cursor), bytes);
  return payloadOf(store, name, options, (found) => equalBytes(found, bytes));
}

/** The payload of that name, which no pointer need name any more: what its name says of its manifest is made sure of. */
export function fetchOlderPayload(store: BlobStore, name: string, options: ReadOptions = {}): FetchedPayload {
  return payloadOf(store, name, options, (found) => isPayloadOf(name, found));
}

function payloadOf(
  store: BlobStore,
  name: string,
  options: ReadOptions,
  isWanted: (manifest: Uint8Array) => boolean,
): FetchedPayload {
  const url = store.urlOf(name);
  const watched = (known?: KnownBlob): AsyncIterable<Uint8Array> =>
    withManifest(blobChunks(store, name, options, known), isWanted, url);
  return {
    name,
    chunks: watched(),
    download: {
      identify: async () => {
        const { etag, bytes } = await statusThere(store, name, options);
        return { url, etag: isStrong(etag) ? etag : undefined, bytes };
      },
      open: ({ etag, bytes }, start) =>
        watched(etag === undefined ? undefined : { etag, bytes, start: start?.chunks() ?? [] }),
    },
  };
}

/** A weak one (RFC 9110) never fits a request that asks for the very content. */
function isStrong(etag: string): boolean {
  return etag !== '' && !etag.startsWith('W/');
}
