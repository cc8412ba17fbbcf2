import { equalBytes } from '../../bytes/compare.js';
import { MANIFEST_BYTES_MAX } from '../../artifact/format/format.js';
import { decodeExportManifest, type ExportManifest, tooLarge } from '../../artifact/format/manifest.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import { cursorText } from '../../fold/format/position-text.js';
import { type BlobStore, type OpenBlob } from '../blob/blob-store.js';
import { withRetries, type RetryOptions } from '../blob/store-unavailable.js';
import { pointerName, rankOf } from './names.js';

/** The pointer of a key as it was read. */
export interface Pointer {
  readonly etag: string;
  /** When it was put, in milliseconds since the Unix epoch, by the store's clock; undefined where that was not asked. */
  readonly bytes: Uint8Array;
  /** The manifest that it is; undefined where it is none, for the reason that `fault` says. */
  readonly manifest: ExportManifest | undefined;
  readonly fault: StatelogError | undefined;
}

/**
 * Reads a key's pointer; undefined where there is none. One that is no manifest comes with its fault.
 * @throws StatelogError `UNSUPPORTED_VERSION` where a newer program wrote it; what the store throws
 */
export async function readPointer(
  store: BlobStore,
  key: string,
  retries?: RetryOptions,
): Promise<Pointer | undefined> {
  const name = pointerName(key);
  return withRetries(async () => {
    const blob = await store.get(name);
    if (blob === undefined) return undefined;
    return decoded(blob.etag, await headOf(blob), store.urlOf(name), blob.bytes);
  }, retries);
}

/** The first bytes, as many as a manifest may have and one more: a larger one is not read. */
async function headOf({ bytes, chunks }: OpenBlob): Promise<Uint8Array> {
  const head: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    head.push(chunk.slice());
    length += chunk.length;
    if (bytes > MANIFEST_BYTES_MAX || length > MANIFEST_BYTES_MAX) break;
  }
  return Buffer.concat(head);
}

function decoded(etag: string, bytes: Uint8Array, url: string, size: number): Pointer {
  try {
    if (size > MANIFEST_BYTES_MAX) throw tooLarge(url, size);
    return { etag, bytes, manifest: decodeExportManifest(bytes, url), fault: undefined };
  } catch (error) {
    if (!isStatelogError(error, 'INVALID_ARTIFACT')) throw error;
    return { etag, bytes, manifest: undefined, fault: error };
  }
}

const TRIES_MAX = 8;

/** How a pointer is moved. */
export interface MovePointerOptions extends RetryOptions {
  /** Puts without a condition, for a store that has none: of two who publish at once either may win. */
  readonly nonAtomic?: boolean | undefined;
}

/**
 * Moves a key's pointer to a manifest, never back: made where there is none, else put in the place of the very pointer that
 * was read and has no higher rank, or is no manifest at all.
 * @throws StatelogError `SUPERSEDED`; `IO_FAILED` where others moved it 8 times meanwhile; as `readPointer`
 */
export async function movePointer(
  store: BlobStore,
  key: string,
  manifest: ExportManifest,
  bytes: Uint8Array,
  options: MovePointerOptions = {},
): Promise<void> {
  const name = pointerName(key);
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const current = await readPointer(store, key, options);
    // An answer that was lost on the way, or somebody who publishes the very same.
    if (current !== undefined && equalBytes(current.bytes, bytes)) return;
    refuseSuperseded(store, key, manifest, current);
    const condition = current === undefined ? 'absent' : { etag: current.etag };
    const put = (): Promise<boolean> =>
      store.put(name, bytes, options.nonAtomic === true ? 'any' : condition);
    if (await withRetries(put, options)) return;
  }
  throw new StatelogError('IO_FAILED', `the pointer was moved by others ${TRIES_MAX} times meanwhile`, {
    path: store.urlOf(name),
    operation: 'PUT',
    safe: 'it is whole, and the payload is uploaded',
    hint: 'run it again',
  });
}

/** @throws StatelogError `SUPERSEDED` where the pointer is of a higher rank */
export function refuseSuperseded(
  store: BlobStore,
  key: string,
  { cursor }: ExportManifest,
  current: Pointer | undefined,
): void {
  const remote = current?.manifest?.cursor;
  if (remote === undefined || rankOf(remote) <= rankOf(cursor)) return;
  const [found, expected] = [remote, cursor].map((one) => cursorText(one.toBytes()) ?? 'none');
  throw new StatelogError(
    'SUPERSEDED',
    `a newer snapshot is published there: its cursor is ${found!}, and this one's is ${expected!}`,
    {
      path: store.urlOf(key),
      expected: `at most ${expected!}`,
      found: found!,
      safe: 'the pointer stays as it is',
      hint: 'export a store that is ahead of it, or name another key',
    },
  );
}
