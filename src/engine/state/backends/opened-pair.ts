import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { IndexMeasure } from '../format/index-size.js';
import type { PlaceTable } from './place-table.js';
import type { StateGeneration } from './state-generation.js';
import type { StatePaths } from '../format/state-paths.js';

/** A pair that was opened for writing and is locked. */
export interface OpenedPair {
  readonly fileSystem: FileSystem;
  /** The path as the caller gave it. */
  readonly path: string;
  readonly paths: StatePaths;
  readonly generation: StateGeneration;
  /** The file on disk: this one or, while this one is still to be put in place, the one that it will replace. */
  readonly published: ReplacedFile;
  readonly table: PlaceTable;
  readonly storeId: Uint8Array;
  readonly epoch: bigint;
  readonly coreId: number;
  readonly nextVersion: bigint;
  /** No file of this store has a higher one. */
  readonly generationMax: bigint;
  readonly initialCapacity: number;
  readonly measure?: IndexMeasure | undefined;
}

/** An open file whose lock is held until another takes its place. */
export type ReplacedFile = Pick<StateGeneration, 'retire' | 'close'>;
