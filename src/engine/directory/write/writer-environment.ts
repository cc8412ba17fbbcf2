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
}

/** How a checkpoint is asked for. */
export interface CheckpointRequest {
  /** Undefined: as many as were kept before. */
  readonly keep: number | undefined;
  readonly rewrite: boolean;
}
