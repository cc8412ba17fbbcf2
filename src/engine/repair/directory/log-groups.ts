import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import { liveEpoch, type DirectoryManifest } from '../../directory/manifest/manifest.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import type { Reached, WalScanOptions } from '../../wal/scan/scan-options.js';

/** Tells of the logs of a store how their atomic groups are read: in those that a checkpoint closed, all of them are there. */
export class LogGroups {
  readonly #fileSystem: FileSystem;
  readonly #layout: DirectoryLayout;
  readonly #manifest: DirectoryManifest;
  /** By epoch. */
  readonly #reached = new Map<bigint, Reached | undefined>();

  constructor(fileSystem: FileSystem, layout: DirectoryLayout, manifest: DirectoryManifest) {
    this.#fileSystem = fileSystem;
    this.#layout = layout;
    this.#manifest = manifest;
  }

  /** Options for the segments of one log. */
  of(epoch: bigint): Pick<WalScanOptions, 'reached' | 'isClosed'> {
    if (epoch < liveEpoch(this.#manifest)) return { isClosed: true };
    if (!this.#reached.has(epoch)) {
      const segments = Array.from({ length: this.#manifest.cores }, (_, coreId) => {
        return { coreId, path: this.#layout.segment(epoch, coreId) };
      });
      this.#reached.set(
        epoch,
        groupReach(this.#fileSystem, segments, () => ({ epoch })),
      );
    }
    return { reached: this.#reached.get(epoch) };
  }
}
