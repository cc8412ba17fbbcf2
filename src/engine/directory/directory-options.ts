import type { Clock } from '../storage-io/interface/clock.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import type { MappingPolicy } from '../state/read/state-file.js';
import type { CheckpointPace } from './write/writer-environment.js';

/** Options that every way of opening takes. */
export interface DirectoryEnvironment {
  /** Default: the machine's. */
  readonly fileSystem?: FileSystem | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock | undefined;
}

/** How a new state directory is made. */
export interface NewDirectoryOptions extends DirectoryEnvironment {
  /** Single-writer shards; default 1. */
  readonly cores?: number | undefined;
  /** Checkpoints that stay; default 2. */
  readonly keep?: number | undefined;
}

/** How a state directory is opened for writing. */
export interface OpenStoreOptions extends DirectoryEnvironment {
  /** How long to wait for the lock; default 0. */
  readonly waitMs?: number | undefined;
  /**
   * The most bytes of an unfinished last write that opening may cut, after copying them; default 1 MiB, and a single record of
   * any length. More is `LOSS_LIMIT`.
   */
  readonly lossBytesMax?: number | undefined;
  /** Told what went wrong and did not stop anything, such as a checkpoint that failed. */
  readonly onWarning?: ((error: unknown) => void) | undefined;
  /** When checkpoints are made by themselves, and how much of one is done at a time beside the puts. */
  readonly pace?: CheckpointPace | undefined;
  /**
   * True where little or nothing will be read: the log is checked as always, but not taken into memory. What needs it there takes
   * it in first, in a second pass over the log: a lookup, a scan, a delete, a group, a subscription, a checkpoint. A put does not.
   */
  readonly writesOnly?: boolean | undefined;
  /** The manifest, where the caller has just read it to see what the path is: it is then read again only under the lock. */
  readonly manifest?: Uint8Array | undefined;
}

/** How a state directory is opened for reading. */
export interface ReadStoreOptions extends DirectoryEnvironment {
  /** The state as that checkpoint closed it; default: as it is now. */
  readonly at?: bigint | undefined;
  /** Only this key will be asked for: no more is read than it needs. */
  readonly only?: Uint8Array | undefined;
  readonly mapping?: MappingPolicy | undefined;
}
