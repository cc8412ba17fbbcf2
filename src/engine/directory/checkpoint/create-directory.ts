import path from 'node:path';
import { StatelogError, isStatelogError } from '../../errors.js';
import { anchoredPlace } from '../../storage-io/views/anchored-file-system.js';
import { createDirectoryTree } from '../../storage-io/whole/atomic-write.js';
import { moveIntoPlace, refuseOccupiedFolder } from '../../storage-io/whole/into-place.js';
import { StagingFolder } from '../../storage-io/whole/staging-folder.js';
import { syncTree } from '../../storage-io/whole/sync-tree.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { DirectoryLayout } from '../manifest/layout.js';
import {
  CORES_MAX,
  KEEP_DEFAULT,
  encodeManifest,
  liveEpoch,
  type DirectoryManifest,
} from '../manifest/manifest.js';
import { alreadyThere } from '../../storage-io/whole/already-there.js';

const STORE_ID_BYTES = 16;

/** The options of a new state directory. */
export interface CreateDirectoryOptions {
  readonly fileSystem: FileSystem;
  readonly root: string;
  /** Default 1. */
  readonly cores?: number | undefined;
  /** Default 2. */
  readonly keep?: number | undefined;
  /** 16 bytes that name the store; random unless a test wants the same each time. */
  readonly storeId?: Uint8Array | undefined;
}

/**
 * Fills a directory that is being built, for an import: with files below `layout`, and their entries. They
 * are synced with the rest of it.
 */
export type FillDirectory = (
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
) => DirectoryManifest['checkpoints'];

/**
 * Builds a state directory in a hidden folder beside its place, syncs it, and renames it into place:
 * it is there whole and durable, or not at all. An empty folder in its place is filled, the manifest last.
 * @throws StatelogError `ALREADY_EXISTS` where something is there, `INVALID_ARGUMENT` for a bad number
 */
export function createDirectory(options: CreateDirectoryOptions, fill?: FillDirectory): void {
  const { root } = options;
  const cores = checkedCount('cores', options.cores ?? 1, CORES_MAX);
  const keep = checkedCount('keep', options.keep ?? KEEP_DEFAULT, 0xffff_ffff);
  checkPlace(options.fileSystem, root);
  const parent = path.dirname(path.resolve(root));
  createDirectoryTree(options.fileSystem, parent);
  const fileSystem = anchoredPlace(options.fileSystem, path.resolve(root));
  const staging = StagingFolder.make(fileSystem, path.resolve(root));
  try {
    const layout = new DirectoryLayout(path.join(staging.path, 'store'));
    fileSystem.makeDirectory(layout.root);
    const storeId = options.storeId ?? crypto.getRandomValues(new Uint8Array(STORE_ID_BYTES));
    const empty: DirectoryManifest = { storeId, cores, keep, checkpoints: [] };
    buildTree(fileSystem, layout, empty, fill);
    staging.giveToPlace();
    moveIntoPlace(fileSystem, layout.root, root);
  } catch (error) {
    throw isStatelogError(error, 'ALREADY_EXISTS') ? alreadyThere(root) : error;
  } finally {
    staging.remove();
  }
}

/** Creates a log's folder with an empty segment a core, durable but for the folder's own name. */
export function createLog(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  epoch: bigint,
  cores: number,
): void {
  makeLog(fileSystem, layout, epoch, cores);
  syncTree(fileSystem, layout.walOf(epoch));
}

function makeLog(fileSystem: FileSystem, layout: DirectoryLayout, epoch: bigint, cores: number): void {
  fileSystem.makeDirectory(layout.walOf(epoch));
  for (let coreId = 0; coreId < cores; coreId++) {
    fileSystem.close(fileSystem.createExclusive(layout.segment(epoch, coreId)));
  }
}

function buildTree(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  empty: DirectoryManifest,
  fill: FillDirectory | undefined,
): void {
  fileSystem.makeDirectory(layout.checkpoints);
  fileSystem.makeDirectory(layout.wal);
  const manifest = { ...empty, checkpoints: fill?.(layout, empty) ?? [] };
  makeLog(fileSystem, layout, liveEpoch(manifest), manifest.cores);
  const descriptor = fileSystem.createExclusive(layout.manifest);
  try {
    writeFully(fileSystem, descriptor, encodeManifest(manifest));
  } finally {
    fileSystem.close(descriptor);
  }
  syncTree(fileSystem, layout.root);
}

/** Nothing may be there but an empty folder. */
function checkPlace(fileSystem: FileSystem, root: string): void {
  try {
    refuseOccupiedFolder(fileSystem, root);
  } catch (error) {
    throw isStatelogError(error, 'ALREADY_EXISTS') ? alreadyThere(root) : error;
  }
}

function checkedCount(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new StatelogError('INVALID_ARGUMENT', `${name} must be a number from 1 to ${max}, not ${value}`);
}
