import { encodeExportManifest, type ExportManifest } from '../../artifact/format/manifest.js';
import type { ArtifactContent } from '../../artifact/write/payload.js';
import { artifactTar } from '../../artifact/write/tar-writer.js';
import { StatelogError } from '../../errors.js';
import type { BlobStore } from '../blob/blob-store.js';
import { withRetries } from '../blob/store-unavailable.js';
import { findBegunUpload, gathered } from './begun-upload.js';
import { payloadName, payloadsPrefix, probeName, rankOf, rankOfPayload } from './names.js';
import { measureTar } from './payload-stream.js';
import { movePointer, readPointer, refuseSuperseded, type MovePointerOptions } from './pointer.js';
import { uploadPayload, type UploadOptions } from './upload-payload.js';

/** How a snapshot is published. */
export interface PublishOptions extends Omit<UploadOptions, 'onProgress'>, MovePointerOptions {
  /** True where the content's own time is to be kept: an upload that was begun with another one is not gone on with. */
  readonly keepTime?: boolean | undefined;
  /** Puts beside the payload what has to be there before it is the newest; given the payload's name. */
  readonly beside?: ((payload: string) => Promise<void>) | undefined;
  /** Told how many bytes of the payload the store has, of how many. */
  readonly onUploaded?: ((done: number, total: number) => void) | undefined;
}

/** A snapshot that was published. */
export interface Published {
  readonly manifest: ExportManifest;
  /** The name of its payload in the store. */
  readonly payload: string;
  /** Bytes of the payload. */
  readonly bytes: number;
}

/**
 * Publishes a snapshot under a key, as Slipstream's transport does: the payload first, under a name that is written once, then
 * the pointer, by a put under a condition, and never back. Killed at any moment it leaves the pointer that was there, or the
 * new one; run again it goes on with what it uploaded. Source of the protocol: beyond-slipstream 0.8, `transport`.
 * @throws StatelogError `SUPERSEDED` where a newer one is there; `NOT_ATOMIC` where the store does not honour conditions,
 * unless `nonAtomic`; `DIGEST_MISMATCH`; what the store throws
 */
export async function publish(
  store: BlobStore,
  key: string,
  content: ArtifactContent,
  options: PublishOptions = {},
): Promise<Published> {
  const nonAtomic = !(await refuseNonAtomic(store, key, options));
  const measured = await measureTar(content);
  refuseSuperseded(store, key, measured.manifest, await readPointer(store, key, options));
  const begun =
    options.keepTime === true ? undefined : await findBegunUpload(store, key, measured.manifest, options);
  const { createdAtUnix = content.createdAtUnix, pending } = begun ?? {};
  const manifest = { ...measured.manifest, createdAtUnix };
  const bytes = encodeExportManifest(manifest);
  const payload = {
    name: payloadName(key, rankOf(manifest.cursor), bytes),
    bytes: measured.bytes,
    manifest: bytes,
    chunks: () => artifactTar({ ...content, createdAtUnix }),
  };
  const onProgress = (done: number): void => options.onUploaded?.(done, measured.bytes);
  await uploadPayload(store, payload, pending, { ...options, onProgress });
  await options.beside?.(payload.name);
  await movePointer(store, key, manifest, bytes, { ...options, nonAtomic });
  await abortOvertaken(store, key, rankOf(manifest.cursor), options);
  return { manifest, payload: payload.name, bytes: measured.bytes };
}

/**
 * Tells whether a store honours puts under a condition.
 * @throws StatelogError `NOT_ATOMIC` where it does not, and that is not allowed
 */
export async function refuseNonAtomic(
  store: BlobStore,
  key: string,
  options: PublishOptions,
): Promise<boolean> {
  if (await withRetries(() => store.honoursConditions(probeName(key)), options)) return true;
  if (options.nonAtomic === true) return false;
  throw new StatelogError('NOT_ATOMIC', 'the store does not honour puts under a condition', {
    path: store.urlOf(key),
    safe: 'nothing was published',
    hint: 'where only one host publishes there, allow it with --non-atomic; else an older snapshot may take the place of a newer one',
  });
}

/** Uploads of lower ranks, which can be published no more: whoever began them was killed, or will be told so. */
async function abortOvertaken(
  store: BlobStore,
  key: string,
  rank: bigint,
  options: PublishOptions,
): Promise<void> {
  const isOvertaken = ({ name }: { readonly name: string }): boolean => {
    const other = rankOfPayload(key, name);
    return other !== undefined && other < rank;
  };
  const list = () => store.uploads.pending(payloadsPrefix(key));
  for (const upload of await gathered(list, isOvertaken, options))
    await withRetries(() => store.uploads.abort(upload), options);
}
