import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { BlobStore } from '../blob/blob-store.js';
import type { PublishOptions } from '../publish/publish.js';

/** One round of a replication: what was put into the bucket. */
export interface ReplicatedRound {
  /** `none` where the store stood where the bucket did. */
  readonly kind: 'full' | 'increment' | 'none';
  /** The position that the bucket now has, as `list --chain` names it. */
  readonly position: string;
  readonly keys: number;
  readonly puts: number;
  readonly deletes: number;
  /** Bytes that were put. */
  readonly bytes: number;
  /** How old what the bucket holds is, in milliseconds: since the store was read for it. */
  readonly lagMs: number;
}

/** Told what a replication does. */
export interface ReplicateObserver {
  replicated(round: ReplicatedRound): void;
  /** The bucket cannot be reached: it is tried again after so many milliseconds. */
  waiting(reason: string, ms: number): void;
  /** All that is there was read, and can be restored as of this position. */
  verified(position: string): void;
  /** A whole snapshot is published, and why. */
  whole(reason: string): void;
  notice(finding: Finding): void;
}

/** A store, and the place that it is replicated to. */
export interface ReplicateOptions extends PublishOptions {
  readonly fileSystem?: FileSystem | undefined;
  readonly source: string;
  readonly blobs: BlobStore;
  readonly key: string;
  /** The URL of that key, to be written beside the store, so that its status can be asked for by its path. */
  readonly url?: string | undefined;
  readonly observer: ReplicateObserver;
  /** Goes on with what comes, until the signal. */
  readonly isFollowing: boolean;
  /** Milliseconds from one look at the store to the next. */
  readonly everyMs: number;
  /** Ends it behind the round at hand, and every wait at once. */
  readonly signal: AbortSignal;
  /** Milliseconds from one time that what is there is restored to see that it can be, to the next; default: never. */
  readonly verifyEveryMs?: number | undefined;
  /** The most increments that may stand on one snapshot; default 100. */
  readonly linksMax?: number | undefined;
  /** Milliseconds since any fixed moment, and since the Unix epoch; for tests. */
  readonly nowMs?: (() => number) | undefined;
  readonly wallMs?: (() => number) | undefined;
}
