import { StatelogError } from '../../errors.js';
import type { BlobStatus, BlobStore, PendingUpload } from '../blob/blob-store.js';
import { withRetries, type RetryOptions } from '../blob/store-unavailable.js';
import { gathered } from './begun-upload.js';
import { listSnapshots, type ListedPayload } from './list-snapshots.js';
import { payloadsPrefix, rankOf, rankOfPayload } from './names.js';

/** The payloads of a key that may go. */
export interface PruneOptions extends RetryOptions {
  /** How many of the newest snapshots stay, including the one that the pointer names. */
  readonly keep: number;
  /** Milliseconds by the store's clock: payloads that are younger stay, since somebody may be reading them. */
  readonly graceMs: number;
  /** Removes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** The outcome of pruning. */
export interface Pruned {
  /** Removed, or to be removed. */
  readonly payloads: readonly ListedPayload[];
  /** Uploads that did not come to their end, and cannot be published any more. */
  readonly uploads: readonly PendingUpload[];
  /** Increments that stand on those payloads, or on one that is gone already. */
  readonly links: readonly BlobStatus[];
  /** Payloads that stay. */
  readonly kept: number;
}

/**
 * Removes old payloads of a key: only such as are strictly below the pointer's rank, which no pointer can name again, with
 * the increments that stand on them, and uploads like them. Names that are neither's are left alone.
 * @throws StatelogError `NOT_FOUND` where there is no pointer, `INVALID_ARTIFACT` where it is none: which of them counts
 * cannot be told then
 */
export async function pruneSnapshots(store: BlobStore, key: string, options: PruneOptions): Promise<Pruned> {
  const { keep, graceMs, dryRun = false } = options;
  const found = await gathered(
    () => listSnapshots(store, key, options),
    (one) => one.key === key,
  );
  const [snapshot] = found;
  if (snapshot?.fault !== undefined) throw snapshot.fault;
  if (snapshot?.manifest === undefined) throw noPointer(store.urlOf(key));
  const rank = rankOf(snapshot.manifest.cursor);
  const before = store.nowMs() - graceMs;
  const older = snapshot.payloads.filter((payload) => payload.rank < rank);
  const isOld = ({ modifiedMs }: BlobStatus | ListedPayload): boolean => modifiedMs <= before;
  const payloads = older
    .slice(Math.max(0, keep - 1))
    .filter((payload) => isOld(payload) && payload.links.every(isOld));
  const links = [...payloads.flatMap((payload) => payload.links), ...snapshot.strays.filter(isOld)];
  const isLeft = ({ name, startedMs }: PendingUpload): boolean => {
    const other = rankOfPayload(key, name);
    return other !== undefined && other < rank && startedMs <= before;
  };
  const uploads = await gathered(() => store.uploads.pending(payloadsPrefix(key)), isLeft, options);
  if (!dryRun) {
    // The last first: whoever is killed meanwhile leaves chains without a gap.
    const names = links.map(({ name }) => name).sort();
    for (const name of names.reverse()) await withRetries(() => store.remove(name), options);
    for (const { name } of payloads) await withRetries(() => store.remove(name), options);
    for (const upload of uploads) await withRetries(() => store.uploads.abort(upload), options);
  }
  return { payloads, links, uploads, kept: snapshot.payloads.length - payloads.length };
}

function noPointer(url: string): StatelogError {
  return new StatelogError('NOT_FOUND', 'no snapshot is published under this key', {
    path: url,
    safe: 'nothing was removed',
    hint: "'statelog list' with a part of the URL shows what is there",
  });
}
