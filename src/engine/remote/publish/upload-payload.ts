import type { BlobStore, Part, PartReceipt, PartSums, PendingUpload } from '../blob/blob-store.js';
import { equalBytes } from '../../bytes/compare.js';
import { verifyArtifactStream } from '../../artifact/read/stage-artifact.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { isSamePart, sumsOf } from '../blob/part-sums.js';
import { StoreUnavailable, withRetries, type RetryOptions } from '../blob/store-unavailable.js';
import { blobChunks } from './blob-chunks.js';
import { withManifest } from './manifest-watch.js';
import { PartBuffers, partBytesFor, partsOf } from './payload-stream.js';

/** Parts under way at a time. */
const PARTS_AT_ONCE = 4;
/** An upload that others removed is begun anew, not for ever. */
const UPLOADS_MAX = 3;

/** How a payload is uploaded. */
export interface UploadOptions extends RetryOptions {
  /** Bytes of a part; default 8 MiB, and more where there would be too many. */
  readonly partBytes?: number | undefined;
  /** Lets so many bytes go, when their time has come. */
  readonly pace?: ((bytes: number) => Promise<void>) | undefined;
  /** Told how many bytes of the payload the store has. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** The payload to upload: the same bytes each time they are asked for. */
export interface PayloadSource {
  readonly name: string;
  readonly bytes: number;
  /** The bytes of the manifest in it. */
  readonly manifest: Uint8Array;
  readonly chunks: () => Iterable<Uint8Array>;
}

/**
 * Uploads a payload under its name, unless something has it, and makes sure that the store has these very bytes: by the
 * store's own sums over what it holds, or else by reading all of it back.
 * @param pending an upload of that payload which did not come to its end, to go on with
 * @throws StatelogError `DIGEST_MISMATCH` where the store holds something else under that name; what the store throws
 */
export async function uploadPayload(
  store: BlobStore,
  source: PayloadSource,
  pending: PendingUpload | undefined,
  options: UploadOptions = {},
): Promise<void> {
  const partBytes = options.partBytes ?? partBytesFor(source.bytes);
  const there = await withRetries(() => store.status(source.name), options);
  const sums =
    there === undefined
      ? await send(store, source, partBytes, pending, options)
      : [...sumsOfParts(source, partBytes)];
  await prove(store, source, sums, options);
}

function send(
  store: BlobStore,
  source: PayloadSource,
  partBytes: number,
  pending: PendingUpload | undefined,
  options: UploadOptions,
): Promise<PartSums[]> {
  if (source.bytes <= partBytes) return putWhole(store, source, options);
  return putInParts(store, source, partBytes, pending, options);
}

async function putWhole(
  store: BlobStore,
  { name, bytes, chunks }: PayloadSource,
  options: UploadOptions,
): Promise<PartSums[]> {
  const whole = Buffer.concat([...copies(chunks())]);
  await options.pace?.(bytes);
  // Where something has the name, it is the same payload, or the proof fails.
  await withRetries(() => store.put(name, whole, 'absent'), options);
  options.onProgress?.(bytes);
  return [sumsOf(whole)];
}

function* copies(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  for (const chunk of chunks) yield chunk.slice();
}

async function putInParts(
  store: BlobStore,
  source: PayloadSource,
  partBytes: number,
  pending: PendingUpload | undefined,
  options: UploadOptions,
): Promise<PartSums[]> {
  let upload = pending;
  for (let uploads = 0; uploads < UPLOADS_MAX; uploads += 1) {
    upload ??= await withRetries(() => store.uploads.start(source.name), options);
    const sent = await new PartSender(store, upload, partBytes, options).send(source);
    if (sent !== undefined) return sent;
    upload = undefined;
    // Another run may have completed it.
    const there = await withRetries(() => store.status(source.name), options);
    if (there !== undefined) return [...sumsOfParts(source, partBytes)];
  }
  throw new StatelogError('IO_FAILED', 'the upload was removed by others again and again', {
    path: store.urlOf(source.name),
    safe: 'the pointer stays as it is',
    hint: 'does something prune there? run it again',
  });
}

function* sumsOfParts(source: PayloadSource, partBytes: number): Generator<PartSums, void> {
  const buffers = new PartBuffers(partBytes);
  for (const part of partsOf(source.chunks(), buffers)) {
    yield part.sums;
    buffers.giveBack(part);
  }
}

/** Sends the parts of one upload, several at a time. */
class PartSender {
  readonly #store: BlobStore;
  readonly #upload: PendingUpload;
  readonly #partBytes: number;
  readonly #buffers: PartBuffers;
  readonly #options: UploadOptions;
  readonly #sums: PartSums[] = [];
  readonly #receipts = new Map<number, PartReceipt>();
  #isGone = false;
  #done = 0;

  constructor(store: BlobStore, upload: PendingUpload, partBytes: number, options: UploadOptions) {
    this.#store = store;
    this.#upload = upload;
    this.#partBytes = partBytes;
    this.#buffers = new PartBuffers(partBytes);
    this.#options = options;
  }

  /** The sums of all parts, once they are a blob; undefined where the upload is no more. */
  async send(source: PayloadSource): Promise<PartSums[] | undefined> {
    const { uploads } = this.#store;
    const there = await withRetries(() => uploads.partsThere(this.#upload, this.#partBytes), this.#options);
    if (there === undefined) return undefined;
    await this.#sendAll(partsOf(source.chunks(), this.#buffers), there);
    if (this.#isGone) return undefined;
    const receipts = this.#sums.map((_, index) => this.#receipts.get(index + 1)!);
    const outcome = await withRetries(() => uploads.complete(this.#upload, receipts), this.#options);
    if (outcome === 'gone') return undefined;
    if (outcome === 'taken') await withRetries(() => uploads.abort(this.#upload), this.#options);
    return this.#sums;
  }

  async #sendAll(parts: Iterable<Part>, there: ReadonlyMap<number, PartReceipt>): Promise<void> {
    const underWay = new Set<Promise<void>>();
    try {
      for (const part of parts) {
        this.#sums.push(part.sums);
        const receipt = there.get(part.number);
        if (receipt !== undefined && isSamePart(receipt, part.sums)) {
          this.#keep(receipt, part);
          continue;
        }
        await this.#options.pace?.(part.bytes.length);
        const sending: Promise<void> = this.#send(part).finally(() => underWay.delete(sending));
        underWay.add(sending);
        if (underWay.size >= PARTS_AT_ONCE) await Promise.race(underWay);
        if (this.#isGone) break;
      }
      await Promise.all(underWay);
    } finally {
      // What failed has been said; the others come to their end before anything else is done with the upload.
      await Promise.allSettled(underWay);
    }
  }

  async #send(part: Part): Promise<void> {
    const receipt = await withRetries(() => this.#store.uploads.putPart(this.#upload, part), this.#options);
    if (receipt === undefined) this.#isGone = true;
    else this.#keep(receipt, part);
  }

  #keep(receipt: PartReceipt, part: Part): void {
    this.#receipts.set(receipt.number, receipt);
    this.#done += part.bytes.length;
    this.#buffers.giveBack(part);
    this.#options.onProgress?.(this.#done);
  }
}

/** Another program may have packed the same snapshot in its own way: what is there is judged as a snapshot. */
async function prove(
  store: BlobStore,
  { name, manifest }: PayloadSource,
  sums: readonly PartSums[],
  options: UploadOptions,
): Promise<void> {
  if (await withRetries(() => store.uploads.vouchesFor(name, sums), options)) return;
  const url = store.urlOf(name);
  const isManifest = (bytes: Uint8Array): boolean => equalBytes(bytes, manifest);
  const chunks = withManifest(blobChunks(store, name, options), isManifest, url);
  try {
    await verifyArtifactStream(realFileSystem(), chunks, url);
  } catch (error) {
    if (!isStatelogError(error) || error instanceof StoreUnavailable) throw error;
    const { class: kind, expected, found } = error.details;
    throw new StatelogError(
      'DIGEST_MISMATCH',
      `what the store gives back is not what was uploaded: ${error.message}`,
      {
        path: url,
        class: kind,
        expected,
        found,
        safe: 'the pointer stays as it is',
        hint: 'remove it there, and export again',
        cause: error,
      },
    );
  }
}
