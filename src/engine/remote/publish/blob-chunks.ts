import { setTimeout as pauseFor } from 'node:timers/promises';
import { StatelogError } from '../../errors.js';
import type { BlobStatus, BlobStore, OpenBlob } from '../blob/blob-store.js';
import { pauseBefore, StoreUnavailable, withRetries, type RetryOptions } from '../blob/store-unavailable.js';

/** How a blob is read from end to end. */
export interface ReadOptions extends RetryOptions {
  /** Lets so many bytes come, when their time has come. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
  /** Told how many bytes have come, of how many. */
  readonly onRead?: ((done: number, total: number) => void) | undefined;
}

/** The content that a blob is known to have. */
export interface KnownBlob {
  readonly etag: string;
  readonly bytes: number;
  /** Its first bytes, which were read earlier: only what follows them is asked for. */
  readonly start: Iterable<Uint8Array>;
}

/**
 * All bytes of a blob. Where its connection ends early, it is opened again, and read on from there if it is still the same
 * content.
 * @param known any other content is refused
 * @throws StatelogError `NOT_FOUND` where it is not there; `IO_FAILED`
 */
export async function* blobChunks(
  store: BlobStore,
  name: string,
  options: ReadOptions = {},
  known?: KnownBlob,
): AsyncGenerator<Uint8Array, void> {
  const { pause = pauseFor, random, pace, onRead } = options;
  let done = 0;
  for (const chunk of known?.start ?? []) {
    done += chunk.length;
    onRead?.(done, known!.bytes);
    yield chunk;
  }
  if (known !== undefined && done >= known.bytes) return;
  let blob = await opened(store, name, known && { start: done, etag: known.etag }, options);
  const { etag, bytes } = blob;
  let failures = 0;
  while (true) {
    try {
      for await (const chunk of blob.chunks) {
        await pace?.(chunk.length);
        done += chunk.length;
        failures = 0;
        onRead?.(done, bytes);
        yield chunk;
      }
      if (done >= bytes) return;
      throw new StoreUnavailable(`it ended after ${done} of ${bytes} bytes`, { path: store.urlOf(name) });
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      const pauseMs = pauseBefore(error, ++failures, random);
      if (pauseMs === undefined) throw error;
      await pause(pauseMs);
    }
    blob = await opened(store, name, { start: done, etag }, options);
  }
}

async function opened(
  store: BlobStore,
  name: string,
  range: { readonly start: number; readonly etag: string } | undefined,
  options: RetryOptions,
): Promise<OpenBlob> {
  return (await withRetries(() => store.get(name, range), options)) ?? notThere(store, name);
}

/**
 * The facts about a blob.
 * @throws StatelogError as `blobChunks`
 */
export async function statusThere(
  store: BlobStore,
  name: string,
  options: RetryOptions = {},
): Promise<BlobStatus> {
  return (await withRetries(() => store.status(name), options)) ?? notThere(store, name);
}

function notThere(store: BlobStore, name: string): never {
  throw new StatelogError('NOT_FOUND', 'there is no such blob', {
    path: store.urlOf(name),
    operation: 'GET',
    hint: "'statelog list' shows what is there",
  });
}
