import type { FileSystem } from '../storage-io/interface/file-system.js';

/** How anything is opened for reading. */
export interface OpenReadableOptions {
  readonly fileSystem?: FileSystem | undefined;
  /** The state as that epoch's checkpoint closed it; only state directories have epochs. */
  readonly at?: bigint | undefined;
  /** Only this key will be asked for: no more is read than it needs. */
  readonly only?: Uint8Array | undefined;
}

/** The kinds of store that can be made. */
export type StoreKind = 'directory' | 'log';

/** How a new store is made. */
export interface CreateStoreOptions {
  readonly fileSystem?: FileSystem | undefined;
  /** Default: a fold log for `*.snap`, else a state directory. */
  readonly kind?: StoreKind | undefined;
  /** Cores of a state directory; default 1. */
  readonly cores?: number | undefined;
}

/** How a store is opened for writing. */
export interface OpenWritableOptions {
  readonly fileSystem?: FileSystem | undefined;
  /** How long to wait for the lock; default 0. */
  readonly waitMs?: number | undefined;
  /** Let a fold log take values of 16 to 64 MiB. */
  readonly largeValues?: boolean | undefined;
  /** Leave the log of a state directory on disk, as `OpenStoreOptions.writesOnly` says. */
  readonly writesOnly?: boolean | undefined;
  /** Keep little of what is read of a fold log in memory, as `FoldOptions.readOnce` says. */
  readonly readOnce?: boolean | undefined;
  /** How much of an unfinished last write may be cut; default 1 MiB, and a single record of any length. */
  readonly lossBytesMax?: number | undefined;
  /** Make the store where there is none. */
  readonly create?: CreateStoreOptions | undefined;
  /** Told what went wrong and did not stop anything. */
  readonly onWarning?: ((error: unknown) => void) | undefined;
}
