import { equalBytes } from '../../bytes/compare.js';
import { StatelogError } from '../../errors.js';
import { endOf, type ChainEnd } from '../../transfer/chain/increment-chain.js';
import type { EncodedIncrement } from '../../transfer/chain/next-increment.js';
import type { BlobStore } from '../blob/blob-store.js';
import { sumsOf } from '../blob/part-sums.js';
import { withRetries, type RetryOptions } from '../blob/store-unavailable.js';
import { blobChunks, type ReadOptions } from '../publish/blob-chunks.js';
import { linkName, payloadName, rankOf } from '../publish/names.js';
import { readPointer } from '../publish/pointer.js';
import { listLinks, readLink } from './links.js';

/** The end of the chain that stands on a key's newest snapshot. */
export interface ChainHead {
  /** The name of the snapshot's payload. */
  readonly payload: string;
  /** When the snapshot was made, in seconds since 1970. */
  readonly createdAtUnix: number;
  /** The number that the next link gets. */
  readonly nextNumber: number;
  /** Bytes of the snapshot's files. */
  readonly payloadBytes: number;
  /** Bytes of all links. */
  readonly linkBytes: number;
  readonly end: ChainEnd;
  /** When the last link was put, in milliseconds since the Unix epoch, by the store's clock. */
  readonly modifiedMs: number;
}

/** The outcome of looking for it: nothing is published; a snapshot that nothing can stand on, or stands on without a gap; or a chain. */
export type FoundHead = 'nothing' | 'no-start' | ChainHead;

/**
 * Finds the end of a key's newest chain.
 * @throws StatelogError `INVALID_ARTIFACT` where the pointer is no manifest, or the last link is damaged; what reading throws
 */
export async function findHead(store: BlobStore, key: string, options: ReadOptions = {}): Promise<FoundHead> {
  const pointer = await readPointer(store, key, options);
  if (pointer === undefined) return 'nothing';
  const { manifest, fault, bytes } = pointer;
  if (manifest === undefined) throw fault!;
  const payload = payloadName(key, rankOf(manifest.cursor), bytes);
  const links = await listLinks(store, key, payload, options);
  const last = links.at(-1);
  // Where one is missing, what is behind it stands on nothing that is known.
  if (last === undefined || links.some(({ number }, index) => number !== index)) return 'no-start';
  return {
    payload,
    createdAtUnix: manifest.createdAtUnix,
    nextNumber: last.number + 1,
    payloadBytes: manifest.files.reduce((sum, { size }) => sum + size, 0),
    linkBytes: links.reduce((sum, link) => sum + link.bytes, 0),
    end: endOf(await readLink(store, last.name, options)),
    modifiedMs: last.modifiedMs,
  };
}

/**
 * Puts a link under its number, which is written once, and makes sure that the store has these very bytes.
 * @returns false where another link has that number
 * @throws StatelogError `DIGEST_MISMATCH` where the store gives back something else; it is removed then
 */
export async function putLink(
  store: BlobStore,
  key: string,
  payload: string,
  number: number,
  { bytes }: EncodedIncrement,
  options: RetryOptions & {
    readonly nonAtomic?: boolean | undefined;
    readonly pace?: ReadOptions['pace'];
  } = {},
): Promise<boolean> {
  const name = linkName(key, payload, number);
  const condition = options.nonAtomic === true ? 'any' : 'absent';
  await options.pace?.(bytes.length);
  const isPut = await withRetries(() => store.put(name, bytes, condition), options);
  // An answer may have been lost, and the bytes be ours all the same.
  if (!isPut) return isThere(store, name, bytes, options);
  if (await withRetries(() => store.uploads.vouchesFor(name, [sumsOf(bytes)]), options)) return true;
  if (await isThere(store, name, bytes, options)) return true;
  await withRetries(() => store.remove(name), options);
  throw new StatelogError('DIGEST_MISMATCH', 'what the store gives back is not what was uploaded', {
    path: store.urlOf(name),
    class: 'digest-mismatch',
    safe: 'it was removed, and what was there before is as it was',
    hint: 'run it again',
  });
}

async function isThere(
  store: BlobStore,
  name: string,
  bytes: Uint8Array,
  options: RetryOptions,
): Promise<boolean> {
  const found: Uint8Array[] = [];
  for await (const chunk of blobChunks(store, name, options)) found.push(chunk.slice());
  return equalBytes(Buffer.concat(found), bytes);
}
