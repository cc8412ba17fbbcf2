import { equalBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { goesOnFrom, type KnownEnd, knownEndOf } from '../../storage-io/owners/known-end.js';
import { DirectoryLayout } from './layout.js';
import { readManifest } from './manifest-file.js';
import {
  type CheckpointEntry,
  checkpointToJson,
  type DirectoryManifest,
  liveEpoch,
  newestCheckpoint,
} from './manifest.js';

/**
 * A state directory whose lock is let go: by it one can tell later whether the store at its path goes on from there. Any
 * number of puts, checkpoints and compactions by others do; another store does not, nor a copy from before.
 *
 * A copy from before shows as long as the log is kept that was live: once others have made so many checkpoints in the copy that
 * it is past that epoch and has no need of that log, it cannot be told.
 */
export class LeftDirectory {
  readonly #fileSystem: FileSystem;
  readonly #layout: DirectoryLayout;
  readonly #manifest: DirectoryManifest;
  /** The live log, a segment each core. */
  readonly #ends: readonly KnownEnd[];

  /** @throws StatelogError as `readManifest`; what the file system throws */
  constructor(fileSystem: FileSystem, root: string) {
    this.#fileSystem = fileSystem;
    this.#layout = new DirectoryLayout(root);
    this.#manifest = readManifest(fileSystem, this.#layout);
    this.#ends = Array.from({ length: this.#manifest.cores }, (_, coreId) =>
      this.#withSegment(coreId, (descriptor) => knownEndOf(fileSystem, descriptor)),
    );
  }

  /** The change since then, as the end of a sentence; undefined where it goes on, or opening it tells more. */
  change(): string | undefined {
    try {
      return this.#goesOnIn(readManifest(this.#fileSystem, this.#layout))
        ? undefined
        : 'was restored or replaced';
    } catch (error) {
      if (isStatelogError(error, 'NOT_FOUND')) return 'was moved or removed';
      if (isStatelogError(error, 'UNKNOWN_FORMAT')) return 'was emptied or replaced';
      if (isStatelogError(error)) return undefined;
      throw error;
    }
  }

  #goesOnIn(manifest: DirectoryManifest): boolean {
    const epoch = liveEpoch(this.#manifest);
    const last = newestCheckpoint(this.#manifest);
    if (!equalBytes(manifest.storeId, this.#manifest.storeId) || liveEpoch(manifest) < epoch) return false;
    const same = manifest.checkpoints.find((one) => one.epoch === last?.epoch);
    if (same !== undefined && !isSame(same, last!)) return false;
    return this.#ends.every((end, coreId) => this.#holds(coreId, end));
  }

  /** True also where the segment is gone: a checkpoint lets go of it, and else opening the store says that it is missing. */
  #holds(coreId: number, end: KnownEnd): boolean {
    try {
      return this.#withSegment(coreId, (descriptor) => goesOnFrom(this.#fileSystem, descriptor, end));
    } catch (error) {
      if (isStatelogError(error)) return true;
      throw error;
    }
  }

  #withSegment<T>(coreId: number, use: (descriptor: number) => T): T {
    const path = this.#layout.segment(liveEpoch(this.#manifest), coreId);
    const descriptor = this.#fileSystem.openRead(path, 'refuse');
    try {
      return use(descriptor);
    } finally {
      this.#fileSystem.close(descriptor);
    }
  }
}

function isSame(a: CheckpointEntry, b: CheckpointEntry): boolean {
  return JSON.stringify(checkpointToJson(a)) === JSON.stringify(checkpointToJson(b));
}
