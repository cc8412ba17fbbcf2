import { isStatelogError } from '../../errors.js';
import type { FileLock } from '../../storage-io/lock/file-lock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { guardedFileSystem } from '../../storage-io/views/guarded-file-system.js';
import { checkStillHeld, replaced, statusIfHeld, type HeldPath } from '../../storage-io/owners/identity.js';
import { writeCloseRecord } from '../manifest/closed-store.js';
import { CLOSED_NAME, type DirectoryLayout } from '../manifest/layout.js';
import type { DirectoryManifest } from '../manifest/manifest.js';
import type { SegmentState } from '../read/replay.js';
import type { WritableCore } from './writable-core.js';

/**
 * The hold of a writer on its store: folder, LOCK, manifest and live segments. It asks before each
 * acknowledgement and each rename whether their paths still mean them, so that it never acknowledges into a
 * store that is elsewhere by now, nor touches another one that was put in its place (docs/reliability.md,
 * R9).
 */
export class HeldStore {
  readonly #fileSystem: FileSystem;
  readonly #layout: DirectoryLayout;
  readonly #lock: FileLock;
  #manifest: HeldPath;
  #segments: readonly { readonly core: WritableCore; readonly identity: string }[] = [];
  /** When each segment was last written, by us. */
  #modifiedNs: readonly bigint[] = [];

  constructor(
    fileSystem: FileSystem,
    layout: DirectoryLayout,
    lock: FileLock,
    cores: readonly WritableCore[],
  ) {
    this.#fileSystem = fileSystem;
    this.#layout = layout;
    this.#lock = lock;
    this.#manifest = this.#manifestNow();
    this.hold(cores);
  }

  /** Takes the manifest and the segments as they are now: after opening, and after a checkpoint of our own. */
  hold(cores: readonly WritableCore[]): void {
    this.#manifest = this.#manifestNow();
    this.#segments = cores.map((core) => ({ core, identity: core.segment.status.identity }));
    this.noteWritten();
  }

  /** Takes note of what we have written to the segments just now. */
  noteWritten(): void {
    this.#modifiedNs = this.#segments.map(({ core }) => core.segment.status.modifiedNs);
  }

  /**
   * Before the segments are written: nobody else has written them since.
   * @throws StatelogError `STORE_REPLACED`
   */
  checkUnwritten(): void {
    const held = this.#segmentPaths().map((one, index): HeldPath => {
      const { syncedPosition, writtenPosition } = this.#segments[index]!.core.segment;
      // A full buffer was written by us since.
      const isAsLeft = writtenPosition === syncedPosition;
      return { ...one, modifiedNs: isAsLeft ? this.#modifiedNs[index] : undefined };
    });
    checkStillHeld(this.#fileSystem, this.#layout.root, held);
  }

  /**
   * Before a rename: all is as it is held.
   * @throws StatelogError `STORE_REPLACED`
   */
  check(): void {
    this.#look();
  }

  /**
   * Before an acknowledgement: checks all, and takes note of what we have written to the segments just now.
   * @throws StatelogError `STORE_REPLACED`
   */
  confirm(): void {
    this.#modifiedNs = this.#look();
  }

  /**
   * Checks that folder and LOCK are where they were locked.
   * @throws StatelogError `STORE_REPLACED`
   */
  checkPlace(): void {
    checkHeldByLock(this.#fileSystem, this.#layout, this.#lock);
  }

  /** Checks that all is as it is held. @returns when each segment was last written */
  #look(): readonly bigint[] {
    this.checkPlace();
    checkStillHeld(this.#fileSystem, this.#layout.root, [this.#manifest]);
    return this.#segmentPaths().map((one) => {
      return statusIfHeld(this.#fileSystem, this.#layout.root, one).modifiedNs;
    });
  }

  /**
   * Leaves word of where all ended, for whoever opens the store next, if all of it is on disk, and still at its path.
   * @returns false where something was written and not synced: a power loss may leave any part of it
   */
  noteClosed(manifest: DirectoryManifest, states: readonly SegmentState[]): boolean {
    const segments = this.#segments.map(({ core }) => core.segment);
    if (segments.some((segment) => segment.writtenPosition > segment.syncedPosition)) return false;
    try {
      this.check();
      const closed = segments.map((segment, coreId) => {
        const { records, nextSequence } = states[coreId]!;
        return { records, nextSequence, status: segment.status };
      });
      // Bytes still in memory have no place in the record.
      if (segments.every(({ entriesSinceSync }) => entriesSinceSync === 0)) {
        const place = this.#lock.within(CLOSED_NAME);
        writeCloseRecord(this.#fileSystem, this.#layout, manifest, closed, place);
      }
    } catch (error) {
      // Without it the next one looks more closely than it would have to.
      if (!isStatelogError(error)) throw error;
    }
    return true;
  }

  #segmentPaths(): HeldPath[] {
    return this.#segments.map(({ core: { segment }, identity }) => ({
      path: segment.path,
      name: 'its log',
      identity,
      hasOneName: true,
      size: segment.writtenPosition,
    }));
  }

  #manifestNow(): HeldPath {
    const path = this.#layout.manifest;
    const status = this.#fileSystem.status(path);
    if (status === undefined) throw replaced(this.#layout.root, path, 'MANIFEST.json was moved or removed');
    const { identity, size, modifiedNs } = status;
    return { path, name: 'MANIFEST.json', identity, size, modifiedNs };
  }
}

/**
 * Guards the file system of a writer that has the lock and opens the store: names are changed only while the
 * folder and LOCK are those that are locked.
 */
export function guardedByLock(fileSystem: FileSystem, layout: DirectoryLayout, lock: FileLock): FileSystem {
  return guardedFileSystem(fileSystem, () => {
    checkHeldByLock(fileSystem, layout, lock);
  });
}

/**
 * Checks that folder and LOCK are those that are, or were, locked.
 * @throws StatelogError `STORE_REPLACED`
 */
export function checkHeldByLock(fileSystem: FileSystem, layout: DirectoryLayout, lock: FileLock): void {
  checkStillHeld(fileSystem, layout.root, lockPaths(layout, lock));
}

function lockPaths(
  { root, lock: path }: DirectoryLayout,
  { identity, folderIdentity }: FileLock,
): HeldPath[] {
  const lock: HeldPath = { path, name: 'LOCK', identity };
  if (folderIdentity === undefined) return [lock];
  return [{ path: root, name: 'its folder', identity: folderIdentity, followsLinks: true }, lock];
}
