import { openPull } from '../../../../src/engine/remote/nats/pull/open-pull.js';
import type { PullObserver } from '../../../../src/engine/remote/nats/pull/pull-options.js';
import { Puller } from '../../../../src/engine/remote/nats/pull/puller.js';
import { ListResync } from '../../../../src/engine/remote/nats/resync/list-resync.js';
import type { Resync } from '../../../../src/engine/remote/nats/pull/pull-options.js';
import { VersionToken } from '../../../../src/engine/fold/format/version-token.js';
import { FoldStore } from '../../../../src/engine/store/fold-store.js';
import { SimulatedFileSystem, type FaultPlan, type SimulatedDisk } from '../../../simulated-disk/index.js';
import type { Live, SimulatedBucket } from './simulated-bucket.js';
import type { SimulatedTime } from './simulated-time.js';

export const FOLD = '/fold.snap';

/** One run of a pull over a simulated disk. */
export interface Pulling {
  readonly time: SimulatedTime;
  readonly bucket: SimulatedBucket;
  readonly disk: SimulatedDisk;
  readonly plan?: FaultPlan | undefined;
  readonly prefix?: string | undefined;
  readonly isFollowing?: boolean | undefined;
  readonly resync?: Resync | undefined;
  readonly into?: readonly string[] | undefined;
  /** Revisions that were handed to the fold, in their order. */
  readonly taken?: bigint[] | undefined;
  readonly observer?: Partial<PullObserver> | undefined;
}

const NOBODY: PullObserver = {
  progress: () => undefined,
  waiting: () => undefined,
  resumed: () => undefined,
  resync: () => undefined,
};

/** A pull that has been started. */
export interface StartedPull {
  readonly puller: Puller;
  readonly over: Promise<void>;
}

export async function startPull(pulling: Pulling): Promise<StartedPull> {
  const {
    time,
    bucket,
    disk,
    plan,
    prefix = '',
    isFollowing = false,
    resync,
    into = [],
    taken,
    observer,
  } = pulling;
  const fileSystem = new SimulatedFileSystem({ disk, plan });
  const opened = await openPull({ fileSystem, fold: FOLD, into, waitMs: 0, largeValues: false });
  const { target } = opened;
  if (taken !== undefined) {
    const take = target.take.bind(target);
    target.take = async (batch) => {
      await take(batch);
      await target.settle();
      for (const { revision } of batch.changes) if (revision !== undefined) taken.push(revision);
    };
  }
  const puller = new Puller({
    source: bucket,
    target,
    timers: time,
    stream: 'KV_bucket',
    prefix,
    isFollowing,
    resync,
    observer: { ...NOBODY, ...observer },
  });
  const over = puller.run().finally(() => {
    // A process that was killed closes nothing: the kernel lets go of its locks.
    if (!fileSystem.crashed) opened.close();
  });
  over.catch(() => undefined);
  return { puller, over };
}

/** Runs one pull to its end. */
export async function pull(pulling: Pulling): Promise<void> {
  const { over } = await startPull(pulling);
  await pulling.time.until(over);
}

export const list = (): Resync => new ListResync();

/** The fold as it lies on the disk. */
export function foldOn(
  disk: SimulatedDisk,
  path = FOLD,
): { readonly live: Map<string, Live>; readonly store: FoldStore } {
  const store = FoldStore.load(path, new SimulatedFileSystem({ disk }));
  const live = new Map<string, Live>();
  for (const { key, value, version } of store.entries()) {
    const revision = VersionToken.fromBytes(version ?? new Uint8Array(0)).asU64() ?? 0n;
    live.set(new TextDecoder().decode(key), { value: new TextDecoder().decode(value), revision });
  }
  return { live, store };
}
