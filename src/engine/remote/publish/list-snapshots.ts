import type { ExportManifest } from '../../artifact/format/manifest.js';
import type { BlobStatus, BlobStore } from '../blob/blob-store.js';
import type { RetryOptions } from '../blob/store-unavailable.js';
import type { StatelogError } from '../../errors.js';
import { isStatelogError } from '../../errors.js';
import { gathered } from './begun-upload.js';
import { keyOfPayload, keyOfPointer, payloadName, rankOf, rankOfPayload } from './names.js';
import { readPointer } from './pointer.js';

/** A payload of a key. */
export interface ListedPayload {
  readonly name: string;
  readonly rank: bigint;
  readonly bytes: number;
  /** When it was put, in milliseconds since the Unix epoch, by the store's clock. */
  readonly modifiedMs: number;
  /** True for the one that the pointer names. */
  readonly isCurrent: boolean;
}

/** A key under which snapshots are published. */
export interface ListedSnapshot {
  readonly key: string;
  readonly url: string;
  /** The pointer; undefined where there is none, or it is not what it should be. */
  readonly manifest: ExportManifest | undefined;
  /** The reason why the newest snapshot cannot be had; undefined where it can. */
  readonly fault: StatelogError | undefined;
  /** The greatest rank first. */
  readonly payloads: readonly ListedPayload[];
}

/**
 * Lists the keys at and below a prefix, in their order, each with its pointer and payloads.
 * @param prefix a key, or the part of keys up to a `/`; '' for all
 */
export async function* listSnapshots(
  store: BlobStore,
  prefix: string,
  retries?: RetryOptions,
): AsyncGenerator<ListedSnapshot, void> {
  const keys = new Map<string, BlobStatus[]>();
  for (const blob of await gathered(
    () => store.list(prefix),
    () => true,
    retries,
  )) {
    const key = keyOfPointer(blob.name) ?? keyOfPayload(blob.name);
    if (key === undefined || !isBelow(key, prefix)) continue;
    const payloads = keys.get(key) ?? [];
    keys.set(key, payloads);
    if (keyOfPointer(blob.name) === undefined) payloads.push(blob);
  }
  const sorted = [...keys].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [key, payloads] of sorted) yield listed(store, key, payloads, retries);
}

async function listed(
  store: BlobStore,
  key: string,
  blobs: readonly BlobStatus[],
  retries: RetryOptions | undefined,
): Promise<ListedSnapshot> {
  const { manifest, fault, payload } = await currentOf(store, key, retries);
  const payloads = blobs.map(({ name, bytes, modifiedMs }) => {
    return { name, bytes, modifiedMs, rank: rankOfPayload(key, name)!, isCurrent: name === payload };
  });
  payloads.sort(newestFirst);
  return { key, url: store.urlOf(key), manifest, fault, payloads };
}

interface Current extends Pick<ListedSnapshot, 'manifest' | 'fault'> {
  /** The name of the payload. */
  readonly payload?: string | undefined;
}

async function currentOf(store: BlobStore, key: string, retries: RetryOptions | undefined): Promise<Current> {
  try {
    const pointer = await readPointer(store, key, retries);
    if (pointer?.manifest === undefined) return { manifest: undefined, fault: pointer?.fault };
    const { manifest, bytes } = pointer;
    return { manifest, fault: undefined, payload: payloadName(key, rankOf(manifest.cursor), bytes) };
  } catch (error) {
    // That of a newer program is told like one that is broken: the others can be listed all the same.
    if (isStatelogError(error, 'UNSUPPORTED_VERSION')) return { manifest: undefined, fault: error };
    throw error;
  }
}

function isBelow(key: string, prefix: string): boolean {
  return prefix === '' || key === prefix || key.startsWith(`${prefix}/`);
}

function newestFirst(one: ListedPayload, other: ListedPayload): number {
  if (one.rank !== other.rank) return one.rank > other.rank ? -1 : 1;
  return other.modifiedMs - one.modifiedMs;
}
