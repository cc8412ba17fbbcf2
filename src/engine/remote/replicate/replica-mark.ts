import { fromUtf8, toUtf8 } from '../../bytes/text/text.js';
import type { BlobStore } from '../blob/blob-store.js';
import { withRetries, type RetryOptions } from '../blob/store-unavailable.js';
import { incrementsPrefix } from '../publish/names.js';

/** The word that a replication leaves beside what it keeps, for whoever asks how it is. */
export interface ReplicaMark {
  /** The position of the store when it was last looked at, which the bucket has. */
  readonly position: string;
  /** When what was there was last restored and held against its sums; null where it never was. */
  readonly verified: VerifiedMoment | null;
}

/** A moment that was restored, to see that it can be. */
export interface VerifiedMoment {
  readonly position: string;
  /** In milliseconds since the Unix epoch, by the store's clock. */
  readonly atMs: number;
}

/** A mark, and when it was put. */
export interface FoundMark extends ReplicaMark {
  /** In milliseconds since the Unix epoch, by the store's clock. */
  readonly modifiedMs: number;
}

const FORMAT = 1;
const BYTES_MAX = 64 * 1024;

function markName(key: string): string {
  return `${incrementsPrefix(key)}replica.json`;
}

/** Puts the mark of a key in the place of the one before. */
export async function putMark(
  store: BlobStore,
  key: string,
  { position, verified }: ReplicaMark,
  options: RetryOptions,
): Promise<void> {
  const bytes = toUtf8(`${JSON.stringify({ statelog: FORMAT, position, verified })}\n`);
  await withRetries(() => store.put(markName(key), bytes, 'any'), options);
}

/** Reads the mark of a key; undefined where there is none, or one of a newer program. */
export async function readMark(
  store: BlobStore,
  key: string,
  options: RetryOptions = {},
): Promise<FoundMark | undefined> {
  return withRetries(async () => {
    const status = await store.status(markName(key));
    const blob =
      status === undefined || status.bytes > BYTES_MAX ? undefined : await store.get(markName(key));
    if (status === undefined || blob === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of blob.chunks) chunks.push(chunk.slice());
    const mark = parseMark(Buffer.concat(chunks));
    return mark === undefined ? undefined : { ...mark, modifiedMs: status.modifiedMs };
  }, options);
}

function parseMark(bytes: Uint8Array): ReplicaMark | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(fromUtf8(bytes) ?? '');
  } catch {
    return undefined;
  }
  const { statelog, position, verified } = Object(fields) as Record<string, unknown>;
  if (statelog !== FORMAT || typeof position !== 'string') return undefined;
  const { position: of, atMs } = Object(verified) as Record<string, unknown>;
  const isVerified = typeof of === 'string' && typeof atMs === 'number' && Number.isFinite(atMs);
  return { position, verified: isVerified ? { position: of, atMs } : null };
}
