import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { WritableStore } from '../../store/store.js';
import { parseBucketAddress } from './format/bucket-address.js';
import { checkPrefix } from './format/bucket-key.js';
import { openPull } from './pull/open-pull.js';
import type { PullObserver } from './pull/pull-options.js';
import { Puller } from './pull/puller.js';
import { resyncOf } from './resync/resync-of.js';
import { systemTimers } from './source/timers.js';

/** A bucket, and the stores to keep equal to it. */
export interface PullRequest {
  /** `nats://HOST[:PORT]/BUCKET`. */
  readonly address: string;
  /** Path of a fold log; made where there is none. */
  readonly fold: string;
  /** Paths of stores of any kind, kept equal to the fold; made where they are not there. */
  readonly into?: readonly string[] | undefined;
  /** Only keys that start with it: it ends in a full stop. Default: all. */
  readonly prefix?: string | undefined;
  /** True: go on with what comes until the signal; false: end at the last revision that there is. */
  readonly isFollowing?: boolean | undefined;
  /** `list`, or the place of an artifact (a path or a URL): the remedy where the fold's position is lost. Default: refuse. */
  readonly resync?: string | undefined;
  /** Ends it after the batch at hand. */
  readonly signal?: AbortSignal | undefined;
  /** The variables that name credentials (docs/nats.md); default: none are used but those in the address. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly fileSystem?: FileSystem | undefined;
  /** How long to wait for locks; default 0. */
  readonly waitMs?: number | undefined;
  /** Let fold logs take values of 16 to 64 MiB. */
  readonly largeValues?: boolean | undefined;
  readonly observer: PullObserver;
  /** Told of the stores once they are open. */
  readonly onOpened?: ((stores: readonly WritableStore[]) => void) | undefined;
  /** Told what went wrong and did not stop anything. */
  readonly onWarning?: ((error: unknown) => void) | undefined;
}

/**
 * Keeps a fold log, and stores beside it, equal to a NATS JetStream key-value bucket: from where the fold stands on, each batch
 * on disk before the cursor behind it. A server that goes away is waited for without end; the first connection fails at once.
 * @throws StatelogError `CURSOR_EXPIRED` where what comes next has left the bucket; `SOURCE_MISMATCH` for another bucket under the
 * same name; `NOT_FOUND`, `PERMISSION_DENIED`, `IO_FAILED` for the server; what opening and writing stores throws
 */
export async function pullBucket(request: PullRequest): Promise<void> {
  const { fold, into = [], prefix = '', isFollowing = false, waitMs = 0, largeValues = false } = request;
  const { fileSystem = realFileSystem(), environment = {}, signal, observer, onOpened, onWarning } = request;
  const address = parseBucketAddress(request.address);
  if (prefix !== '') checkPrefix(prefix);
  const resync = request.resync === undefined ? undefined : resyncOf(request.resync, fold, fileSystem);
  const { NatsSource } = await import('./client/nats-source.js');
  const timers = systemTimers;
  const source = await NatsSource.connect(address, { environment, fileSystem, timers });
  try {
    // Nothing is made for a bucket that is not there.
    await source.state();
    const { target, stores, close } = await openPull({
      fileSystem,
      fold,
      into,
      waitMs,
      largeValues,
      onWarning,
    });
    try {
      onOpened?.(stores);
      const { stream } = source;
      const puller = new Puller({ source, target, timers, stream, prefix, isFollowing, resync, observer });
      signal?.addEventListener('abort', () => {
        puller.stop();
      });
      if (signal?.aborted === true) puller.stop();
      await puller.run();
    } finally {
      close();
    }
  } finally {
    await source.close();
  }
}
