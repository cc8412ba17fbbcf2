import { toUtf8 } from '../../bytes/text/text.js';
import { encodeExportManifest, type ExportManifest } from '../../artifact/format/manifest.js';
import type { BlobStore, PendingUpload } from '../blob/blob-store.js';
import { withRetries, type RetryOptions } from '../blob/store-unavailable.js';
import { payloadName, payloadsPrefix, rankOf, rankOfPayload } from './names.js';

/** A payload that an earlier run began to upload, or uploaded without moving the pointer. */
export interface BegunUpload {
  /** The time in that run's manifest, in seconds since 1970; with it the payload is the same to the byte. */
  readonly createdAtUnix: number;
  /** Undefined where all of the payload is there. */
  readonly pending: PendingUpload | undefined;
}

/** An earlier run was so long at work before it began to upload, at the most; and clocks differ by so much. */
const BEFORE_SECONDS_MAX = 6 * 3600;
const AFTER_SECONDS_MAX = 1800;
/** The most payloads of one rank to look at, newest first: finding the time of each takes a moment. */
const LOOKED_AT_MAX = 8;
/** A manifest in two parts, round its time. */
const TIME_FIELD = /^([^]*"created_at_unix": )0(,[^]*)$/;

/**
 * Finds what an earlier run began to upload of a payload with this content. The name of a payload tells its manifest, of which
 * nothing but the time is unknown; that run began to upload soon after it.
 * @param manifest of the content; its time does not count
 */
export async function findBegunUpload(
  store: BlobStore,
  key: string,
  manifest: ExportManifest,
  retries?: RetryOptions,
): Promise<BegunUpload | undefined> {
  const rank = rankOf(manifest.cursor);
  const isOfRank = ({ name }: { readonly name: string }): boolean => rankOfPayload(key, name) === rank;
  const prefix = payloadsPrefix(key);
  const times = new ManifestTimes(key, manifest);
  const payloads = await gathered(() => store.list(prefix), isOfRank, retries);
  payloads.sort((one, other) => other.modifiedMs - one.modifiedMs);
  for (const { name, modifiedMs } of payloads.slice(0, LOOKED_AT_MAX)) {
    const createdAtUnix = times.of(name, modifiedMs);
    if (createdAtUnix !== undefined) return { createdAtUnix, pending: undefined };
  }
  const uploads = await gathered(() => store.uploads.pending(prefix), isOfRank, retries);
  uploads.sort((one, other) => other.startedMs - one.startedMs);
  for (const pending of uploads.slice(0, LOOKED_AT_MAX)) {
    const createdAtUnix = times.of(pending.name, pending.startedMs);
    if (createdAtUnix !== undefined) return { createdAtUnix, pending };
  }
  return undefined;
}

/** All that a store lists and the filter takes. */
export async function gathered<T>(
  list: () => AsyncIterable<T>,
  isWanted: (one: T) => boolean,
  retries?: RetryOptions,
): Promise<T[]> {
  return withRetries(async () => {
    const all: T[] = [];
    for await (const one of list()) if (isWanted(one)) all.push(one);
    return all;
  }, retries);
}

/** Finds the time that a manifest had by the name of its payload. */
class ManifestTimes {
  readonly #key: string;
  readonly #rank: bigint;
  /** The manifest's text before its time and behind it. */
  readonly #before: string;
  readonly #behind: string;

  constructor(key: string, manifest: ExportManifest) {
    this.#key = key;
    this.#rank = rankOf(manifest.cursor);
    const text = Buffer.from(encodeExportManifest({ ...manifest, createdAtUnix: 0 })).toString();
    const [, before, behind] = TIME_FIELD.exec(text)!;
    this.#before = before!;
    this.#behind = behind!;
  }

  /** @param uploadedMs when it was uploaded, in milliseconds since the Unix epoch; tried from there, back and on */
  of(name: string, uploadedMs: number): number | undefined {
    const around = Math.floor(uploadedMs / 1000);
    for (let back = -AFTER_SECONDS_MAX; back <= BEFORE_SECONDS_MAX; back += 1) {
      const createdAtUnix = around - back;
      if (createdAtUnix >= 0 && this.#nameAt(createdAtUnix) === name) return createdAtUnix;
    }
    return undefined;
  }

  #nameAt(createdAtUnix: number): string {
    return payloadName(this.#key, this.#rank, toUtf8(`${this.#before}${createdAtUnix}${this.#behind}`));
  }
}
