import { equalBytes } from '../../bytes/compare.js';
import { StatelogError } from '../../errors.js';
import type { BlobStore } from '../blob/blob-store.js';
import { blobChunks, type ReadOptions } from './blob-chunks.js';
import { isPayloadOf, payloadName, rankOf } from './names.js';
import { withManifest } from './manifest-watch.js';
import { readPointer } from './pointer.js';

/** The snapshot that a key's pointer names, to be read from its first byte to its last. */
export interface FetchedPayload {
  /** The name of the payload in the store. */
  readonly name: string;
  /** A tar. Throws where its manifest is another than the pointer. */
  readonly chunks: AsyncIterable<Uint8Array>;
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
  const chunks = blobChunks(store, name, options);
  const isPointer = (found: Uint8Array): boolean => equalBytes(found, bytes);
  return { name, chunks: withManifest(chunks, isPointer, store.urlOf(name)) };
}

/** The payload of that name, which no pointer need name any more: what its name says of its manifest is made sure of. */
export function fetchOlderPayload(store: BlobStore, name: string, options: ReadOptions = {}): FetchedPayload {
  const chunks = blobChunks(store, name, options);
  return { name, chunks: withManifest(chunks, (found) => isPayloadOf(name, found), store.urlOf(name)) };
}
