import type { StatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { OpenPolicy } from '../write/open-log.js';
import type { WatchCursor } from '../format/watch-cursor.js';

/** How a log is opened. */
export interface FoldOptions {
  readonly fileSystem?: FileSystem | undefined;
  /** The treatment of a log that does not exist: make it (default), or throw `NOT_FOUND`. */
  readonly ifMissing?: 'create' | 'fail' | undefined;
  /** True (default): opening rewrites a log that holds more than its live entries. */
  readonly compactOnOpen?: boolean | undefined;
  /** True: take values of 16 to 64 MiB, which Slipstream reads since 0.8.3 (default false). */
  readonly largeValues?: boolean | undefined;
  /** The most bytes of an unfinished last write that opening may cut; default 1 MiB, and a single record of any length. */
  readonly lossBytesMax?: number | undefined;
  /** True: values are read once, or seldom: 1 MiB of the log is kept in memory, and not up to 32 MiB (default false). */
  readonly readOnce?: boolean | undefined;
  /** Told of a rewrite that failed after an apply: the apply stands, and the log is as it was. */
  readonly onWarning?: ((warning: StatelogError) => void) | undefined;
}

/** The settings of an open fold. */
export interface FoldSetup {
  readonly mode: 'read' | 'write';
  /** Bytes appended after which an apply looks whether to rewrite the log. */
  readonly compactThreshold: number;
  readonly options: FoldOptions;
}

/** An open fold and the cursor that a watch goes on from. */
export interface OpenedFold<T> {
  readonly cursor: WatchCursor;
  readonly store: T;
}

/** The policy of opening that the options ask for. */
export function policyOf({
  ifMissing = 'create',
  compactOnOpen = true,
  lossBytesMax,
}: FoldOptions): OpenPolicy {
  return { ifMissing, compact: compactOnOpen, lossBytesMax };
}
