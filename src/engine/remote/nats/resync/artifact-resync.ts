import { equalBytes } from '../../../bytes/compare.js';
import { StatelogError } from '../../../errors.js';
import { VersionToken } from '../../../fold/format/version-token.js';
import { WatchCursor } from '../../../fold/format/watch-cursor.js';
import type { ReadableStore } from '../../../store/store.js';
import { isStillThere } from '../format/retention.js';
import type { Resync, ResyncContext } from '../pull/pull-options.js';
import type { AppliedChange, PullTarget } from '../pull/pull-target.js';
import type { BucketState } from '../source/change-source.js';
import { readAll } from '../source/read-all.js';
import { takeInBatches } from './change-batches.js';
import type { RestoreSource, SnapshotSummary } from './restore-source.js';

/**
 * Puts a fold right from an artifact that another fold of the bucket exported: it has what came between, deletes too. It must
 * be further than the fold, cover its keys, and end where the bucket still goes on. A key is never moved back, and none is deleted
 * that the bucket has: what was written behind the artifact comes afterwards. (The rules of Slipstream 0.8, src/protocol.rs.)
 */
export class ArtifactResync implements Resync {
  readonly #source: RestoreSource;

  constructor(source: RestoreSource) {
    this.#source = source;
  }

  async run(context: ResyncContext): Promise<void> {
    const { source, target, prefix, reason } = context;
    const { name } = this.#source;
    if (reason === 'other-stream')
      throw unsuitable(name, 'the bucket is another one, and an artifact does not say of which it is');
    this.#check(await this.#source.latest(), target, prefix, await source.state());
    const snapshot = await this.#source.fetch();
    try {
      this.#check(snapshot, target, prefix, await source.state());
      const deletes = await staleKeys(context, snapshot.store);
      const cursor = target.cursor;
      await takeInBatches(target, deletes, cursor);
      await takeInBatches(target, newerEntries(target, snapshot.store, prefix), cursor);
      // Only now: a cursor says that everything up to it is there.
      await target.take({ changes: [], cursor: WatchCursor.fromBytes(snapshot.cursor), isRepeat: false });
    } finally {
      snapshot.close();
    }
  }

  /** @throws StatelogError `CURSOR_EXPIRED` for an artifact that cannot help */
  #check({ cursor, scope }: SnapshotSummary, target: PullTarget, prefix: string, state: BucketState): void {
    const { name } = this.#source;
    if (scope === undefined) {
      throw unsuitable(
        name,
        'the artifact does not say which keys it covers',
        "export it with --scope ('' for all keys)",
      );
    }
    if (!scope.some((covered) => prefix.startsWith(covered)))
      throw unsuitable(name, `the artifact covers other keys: ${scope.join(', ')}`);
    const revision = WatchCursor.fromBytes(cursor).asU64() ?? 0n;
    const own = target.cursor.asU64() ?? 0n;
    if (revision <= own)
      throw unsuitable(name, `the artifact ends at revision ${revision}, and the fold stands at ${own}`);
    if (revision > state.lastRevision) {
      throw unsuitable(
        name,
        `the artifact ends at revision ${revision}, and the bucket at ${state.lastRevision}: it is of another one`,
      );
    }
    if (!isStillThere(revision, state.firstRevision)) {
      throw unsuitable(
        name,
        `the artifact ends at revision ${revision}, and the bucket begins at ${state.firstRevision}`,
      );
    }
  }
}

/** Keys that the artifact lacks, but for those that the bucket has: they were written behind it. */
async function staleKeys(
  { source, target, timers, prefix }: ResyncContext,
  artifact: ReadableStore,
): Promise<AppliedChange[]> {
  const missing = new Set<string>();
  const encoder = new TextEncoder();
  for (const { key } of target.keys(prefix)) {
    if (artifact.get(encoder.encode(key)) === undefined) missing.add(key);
  }
  if (missing.size > 0) {
    await readAll(source, timers, { prefix, keysOnly: true }, ({ key, value }) => {
      if (value !== undefined) missing.delete(key);
    });
  }
  return [...missing].map((key) => ({ key, value: undefined, revision: undefined }));
}

/** The artifact's entries that the fold lacks or has in an older revision. */
function* newerEntries(
  target: PullTarget,
  artifact: ReadableStore,
  prefix: string,
): Generator<AppliedChange, void> {
  const range = prefix === '' ? undefined : { prefix: new TextEncoder().encode(prefix) };
  for (const { key: bytes, value, version } of artifact.entries(range)) {
    const key = new TextDecoder().decode(bytes);
    const revision = version === undefined ? undefined : VersionToken.fromBytes(version).asU64();
    const own = target.get(key);
    if (own === undefined) yield { key, value, revision };
    else if (own.revision !== undefined && revision !== undefined && own.revision !== revision) {
      if (own.revision < revision) yield { key, value, revision };
    } else if (!equalBytes(own.value, value)) yield { key, value, revision };
  }
}

function unsuitable(
  path: string,
  reason: string,
  hint = 'take a newer artifact of a fold that follows this bucket',
): StatelogError {
  return new StatelogError('CURSOR_EXPIRED', `this artifact does not help: ${reason}`, {
    path,
    safe: 'the fold is as it was',
    hint,
  });
}
