import type { ExportManifest } from '../../artifact/format/manifest.js';
import type { BlobStatus, BlobStore } from '../blob/blob-store.js';
import type { RetryOptions } from '../blob/store-unavailable.js';
import type { StatelogError } from '../../errors.js';
import { isStatelogError } from '../../errors.js';
import { gathered } from './begun-upload.js';
import {
  keyOfLink,
  keyOfPayload,
  keyOfPointer,
  linkOf,
  payloadName,
  rankOf,
  rankOfPayload,
} from './names.js';
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
  /** Increments that stand on it, and what says where it stands, by name. */
  readonly links: readonly BlobStatus[];
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
  /** Increments whose payload is gone. */
  readonly strays: readonly BlobStatus[];
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
    const key = keyOfPointer(blob.name) ?? keyOfPayload(blob.name) ?? keyOfLink(blob.name);
    if (key === undefined || !isBelow(key, prefix)) continue;
    const besides = keys.get(key) ?? [];
    keys.set(key, besides);
    if (keyOfPointer(blob.name) === undefined) besides.push(blob);
  }
  const sorted = [...keys].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [key, besides] of sorted) yield listed(store, key, besides, retries);
}

async function listed(
  store: BlobStore,
  key: string,
  blobs: readonly BlobStatus[],
  retries: RetryOptions | undefined,
): Promise<ListedSnapshot> {
  const { manifest, fault, payload } = await currentOf(store, key, retries);
  const links = new Map<string, BlobStatus[]>();
  for (const blob of blobs) {
    const on = linkOf(key, blob.name)?.payload;
    if (on !== undefined) links.set(on, [...(links.get(on) ?? []), blob]);
  }
  const payloads: ListedPayload[] = [];
  for (const { name, bytes, modifiedMs } of blobs) {
    const rank = rankOfPayload(key, name);
    if (rank === undefined) continue;
    payloads.push({
      name,
      bytes,
      modifiedMs,
      rank,
      isCurrent: name === payload,
      links: links.get(name) ?? [],
    });
    links.delete(name);
  }
  payloads.sort(newestFirst);
  return { key, url: store.urlOf(key), manifest, fault, payloads, strays: [...links.values()].flat() };
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
