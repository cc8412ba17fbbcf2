import { setTimeout as pauseFor } from 'node:timers/promises';
import { StatelogError } from '../../errors.js';
import type { BlobStore, OpenBlob } from '../blob/blob-store.js';
import { pauseBefore, StoreUnavailable, withRetries, type RetryOptions } from '../blob/store-unavailable.js';

/** How a blob is read from end to end. */
export interface ReadOptions extends RetryOptions {
  /** Lets so many bytes come, when their time has come. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
  /** Told how many bytes have come, of how many. */
  readonly onRead?: ((done: number, total: number) => void) | undefined;
}

/**
 * All bytes of a blob. Where its connection ends early, it is opened again, and read on from there if it is still the same
 * content.
 * @throws StatelogError `NOT_FOUND` where it is not there; `IO_FAILED`
 */
export async function* blobChunks(
  store: BlobStore,
  name: string,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const { pause = pauseFor, random, pace, onRead } = options;
  let blob = await opened(store, name, undefined, options);
  const { etag, bytes } = blob;
  let done = 0;
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
  const blob = await withRetries(() => store.get(name, range), options);
  if (blob !== undefined) return blob;
  throw new StatelogError('NOT_FOUND', 'there is no such blob', {
    path: store.urlOf(name),
    operation: 'GET',
    hint: "'statelog list' shows what is there",
  });
}
