import { WatchCursor } from '../../fold/format/watch-cursor.js';
import { openReadable } from '../../inspect/open.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { ReadableStore } from '../../store/store.js';
import { parseBucketAddress } from './format/bucket-address.js';
import { readOrigin, type Origin } from './pull/origin.js';
import type { PushCounts } from './push/push-changes.js';
import type { PushSource } from './push/push-plan.js';
import { pushTo, type PushPolicy } from './push/push-to.js';
import { systemTimers } from './source/timers.js';

/** A store, and the bucket to make equal to it. */
export interface PushRequest extends PushPolicy {
  /** Path of anything with keys and values. */
  readonly store: string;
  /** `nats://HOST[:PORT]/BUCKET`. */
  readonly address: string;
  /** The variables that name credentials (docs/nats.md); default: none are used but those in the address. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly fileSystem?: FileSystem | undefined;
  /** Told of the store once it is open. */
  readonly onOpened?: ((store: ReadableStore) => void) | undefined;
}

/** The result of a push, done or planned. */
export interface PushReport extends PushCounts {
  /** The bucket's address, without credentials. */
  readonly address: string;
}

/**
 * Makes a NATS key-value bucket equal to a store: a bucket that was lost, from the fold that was pulled of it. Each key is written only
 * if nobody has written it since it was looked at; what is there already is passed over, so that it can be run again.
 * @throws StatelogError `BUCKET_AHEAD` where the bucket has what the store never saw, and nothing was written; `NOT_FOUND`
 * without a bucket; `NOT_REPRESENTABLE`, `LIMIT_EXCEEDED` for what no bucket holds; what opening the store throws
 */
export async function pushBucket(request: PushRequest): Promise<PushReport> {
  const { fileSystem = realFileSystem(), environment = {}, onOpened } = request;
  const address = parseBucketAddress(request.address);
  const store = openReadable(request.store, { fileSystem });
  try {
    onOpened?.(store);
    const origin = store.kind === 'log' ? readOrigin(fileSystem, request.store) : undefined;
    const [{ NatsSource }, { NatsTarget }] = await Promise.all([
      import('./client/nats-source.js'),
      import('./client/nats-target.js'),
    ]);
    const source = await NatsSource.connect(address, { environment, fileSystem, timers: systemTimers });
    try {
      const target = new NatsTarget(source, address.bucket);
      const counts = await pushTo(target, systemTimers, request, (created) =>
        pushSourceOf(store, origin, created),
      );
      return { address: address.shown, ...counts };
    } finally {
      await source.close();
    }
  } finally {
    store.close();
  }
}

/** A fold that was pulled of this very bucket has seen all up to its cursor. */
export function pushSourceOf(
  store: ReadableStore,
  origin: Origin | undefined,
  created: string | undefined,
): PushSource {
  const isOf = origin !== undefined && origin.created === created && store.cursor !== undefined;
  const seenUpTo = isOf ? WatchCursor.fromBytes(store.cursor).asU64() : undefined;
  return { store, prefix: origin?.prefix ?? '', seenUpTo };
}
