import type { Clock } from '../../storage-io/interface/clock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { DirectoryLayout } from '../manifest/layout.js';

/**
 * So many bytes of a log are gathered and written at once: the disk begins with them while the rest of the group is still
 * encoded, so that its sync finds little left to do.
 */
export const SEGMENT_BUFFER_BYTES = 256 * 1024;

/** The tools that a writer works with. */
export interface WriterEnvironment {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly layout: DirectoryLayout;
  readonly onWarning?: ((error: unknown) => void) | undefined;
  readonly pace?: CheckpointPace | undefined;
}

/** When a checkpoint is made by itself, and how much of it is done at a time. */
export interface CheckpointPace {
  /** It is begun where the log has more bytes; default 8 MiB, in a batch 64 MiB or a quarter of the index. */
  readonly logBytesMax?: number | undefined;
  /** It must be there before the log has grown by so many bytes more; default: as many. */
  readonly tailBytesMax?: number | undefined;
  /** Steps, of some 0.2 ms each, between which nothing else is done; default 16. */
  readonly sliceSteps?: number | undefined;
  /** Steps that each `sync` or `commit` does at least; default 4. */
  readonly groupStepsMin?: number | undefined;
}

/** How a checkpoint is asked for. */
export interface CheckpointRequest {
  /** Undefined: as many as were kept before. */
  readonly keep: number | undefined;
  readonly rewrite: boolean;
}
