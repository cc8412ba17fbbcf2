import { equalBytes } from '../../../bytes/compare.js';
import { VersionToken } from '../../../fold/format/version-token.js';
import { WatchCursor } from '../../../fold/format/watch-cursor.js';
import { compareStores, type ComparedKey } from '../../../inspect/compare-stores.js';
import type { FoldStore } from '../../../store/fold-store.js';
import { BATCH_BYTES_MAX, BATCH_CHANGES_MAX } from './batch-collector.js';
import type { Destination } from '../destination/destination.js';
import type { AppliedChange } from './pull-target.js';

/**
 * Makes a store equal to the fold, in batches, so that what comes next may go to both. Its position is the fold's only with the
 * last: cut short, it is done again.
 */
export async function seedFrom(fold: FoldStore, destination: Destination): Promise<void> {
  let after: Uint8Array | undefined;
  for (;;) {
    const { changes, last, isAll } = nextDifferences(fold, destination, after);
    const cursor = isAll ? WatchCursor.fromBytes(fold.cursor) : WatchCursor.none();
    await destination.apply({ changes, cursor, isRepeat: false });
    if (isAll) return;
    after = last;
  }
}

interface Differences {
  readonly changes: readonly AppliedChange[];
  readonly last: Uint8Array | undefined;
  readonly isAll: boolean;
}

/** A batch of differences behind a key. Nothing is written while they are looked for. */
function nextDifferences(
  fold: FoldStore,
  { store }: Destination,
  after: Uint8Array | undefined,
): Differences {
  const changes: AppliedChange[] = [];
  let bytes = 0;
  const hasVersions = store.kind === 'log';
  const range = after === undefined ? undefined : { after };
  for (const compared of compareStores(store, fold, range)) {
    const change = changeOf(fold, compared, hasVersions ? store : undefined);
    if (change === undefined) continue;
    changes.push(change);
    bytes += compared.key.length + (change.value?.length ?? 0);
    if (changes.length >= BATCH_CHANGES_MAX || bytes >= BATCH_BYTES_MAX)
      return { changes, last: compared.key, isAll: false };
  }
  return { changes, last: undefined, isAll: true };
}

function changeOf(
  fold: FoldStore,
  { outcome, key, after }: ComparedKey,
  versioned: Destination['store'] | undefined,
): AppliedChange | undefined {
  const text = new TextDecoder().decode(key);
  if (outcome === 'removed') return { key: text, value: undefined, revision: undefined };
  const version = fold.get(key)?.version ?? new Uint8Array(0);
  if (outcome === 'same') {
    const own = versioned?.get(key)?.version;
    if (versioned === undefined || (own !== undefined && equalBytes(own, version))) return undefined;
  }
  return { key: text, value: after, revision: VersionToken.fromBytes(version).asU64() };
}
