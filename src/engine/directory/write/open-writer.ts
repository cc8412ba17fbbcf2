import type { Clock } from '../../storage-io/interface/clock.js';
import { acquireFileLock, type FileLock } from '../../storage-io/lock/file-lock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { refuseLinkedFile, refuseLinkedFolders } from '../../storage-io/owners/own-paths.js';
import { type CoreState, CoreStates } from '../state/core-state.js';
import { Overlay } from '../state/overlay.js';
import { checkHeldByLock, guardedByLock, HeldStore } from './held-store.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import { isFoundationAsClosed, readCloseRecord, syncFoundation } from '../manifest/closed-store.js';
import { findLeftovers, removeLeftovers } from '../leftovers/leftovers.js';
import { readManifest } from '../manifest/manifest-file.js';
import { decodeManifest, liveEpoch, newestCheckpoint, type DirectoryManifest } from '../manifest/manifest.js';
import { openCheckpoint } from '../read/open-checkpoint.js';
import { asMissingPart } from '../manifest/missing-part.js';
import type { Progress } from '../read/replay.js';
import { recoverLog, type RecoveryReport } from './recover-log.js';
import type { WritableCore } from './writable-core.js';

/** How a state directory is opened for writing. */
export interface OpenWriterOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly layout: DirectoryLayout;
  /** How long to wait for the lock. */
  readonly waitMs: number;
  /** How much recovery may cut; undefined: what it may cut by itself. */
  readonly lossBytesMax?: number | undefined;
  /** The log is checked, and not taken into memory. */
  readonly writesOnly?: boolean | undefined;
  /** The manifest as it was a moment ago, if it was read. */
  readonly manifest?: Uint8Array | undefined;
}

/** A state directory that is locked and brought back to where it can be written. */
export interface OpenedWriter {
  readonly lock: FileLock;
  readonly held: HeldStore;
  readonly manifest: DirectoryManifest;
  readonly states: CoreStates;
  readonly writers: readonly WritableCore[];
  readonly progress: Progress;
  readonly recovery: RecoveryReport;
  /** Whether the log is in memory. */
  readonly isTakenIn: boolean;
}

/**
 * Locks the directory, opens the newest checkpoint, and replays the log, in one pass. A torn tail is
 * copied to `broken/` and cut; after a writer that died, every live segment is written anew, since
 * what can be read may be pages that never reached the disk (docs/durability.md). Before it returns
 * everything that the store stands on is durable, and what a crash left over is removed.
 * @throws StatelogError `LOCKED`, `READ_ONLY`, `DAMAGED`; nothing is changed then
 */
export async function openWriter(options: OpenWriterOptions): Promise<OpenedWriter> {
  const { fileSystem, clock, layout, waitMs } = options;
  // First without the lock: in a folder that is not ours, no LOCK may appear.
  if (options.manifest === undefined) readManifest(fileSystem, layout);
  else decodeManifest(options.manifest, layout.manifest);
  const lock = await acquireFileLock(fileSystem, layout.lock, {
    waitMs,
    clock,
    describe: layout.root,
    folder: layout.root,
  });
  try {
    return recover({ ...options, fileSystem: guardedByLock(fileSystem, layout, lock) }, lock, fileSystem);
  } catch (error) {
    // The text stays if it was there before: the next writer takes over from the same death.
    if (lock.tookOver) lock.abandon();
    else lock.release();
    checkHeldByLock(fileSystem, layout, lock);
    throw asMissingPart(error, layout);
  }
}

/** @param unguarded what the writer goes on with, which asks for itself */
function recover(options: OpenWriterOptions, lock: FileLock, unguarded: FileSystem): OpenedWriter {
  const { fileSystem, layout } = options;
  const manifest = readManifest(fileSystem, layout);
  refuseLinks(fileSystem, layout, manifest);
  const closed = readCloseRecord(fileSystem, layout, manifest);
  // Nobody knows what a writer that died left in the page cache.
  const isDurable =
    !lock.tookOver && closed !== undefined && isFoundationAsClosed(fileSystem, layout, closed);
  const leftovers = findLeftovers(fileSystem, layout, manifest, () => !lock.tookOver);
  const entry = newestCheckpoint(manifest);
  const bases = entry === undefined ? [] : openCheckpoint({ fileSystem, layout, manifest }, entry);
  const isTakenIn = options.writesOnly !== true;
  const all = Array.from({ length: manifest.cores }, (_, coreId): CoreState => {
    return { coreId, base: bases[coreId], overlay: new Overlay() };
  });
  const states = new CoreStates(all);
  let writers: readonly WritableCore[] = [];
  try {
    const progress: Progress = { sources: new Map(entry?.sources), watermark: entry?.watermark };
    const { lossBytesMax } = options;
    const log = { manifest, states: all, progress, lock, closed, isDurable, lossBytesMax, isTakenIn };
    const recovered = recoverLog(options, log);
    ({ writers } = recovered);
    if (!isDurable) syncFoundation(fileSystem, layout, liveEpoch(manifest));
    removeLeftovers(fileSystem, leftovers, manifest);
    const held = new HeldStore(unguarded, layout, lock, writers);
    return { lock, held, manifest, states, writers, progress, recovery: recovered.report, isTakenIn };
  } catch (error) {
    for (const { segment } of writers) segment.abandon();
    states.release();
    throw error;
  }
}

/**
 * Refuses links in the store's folder: somebody else who may write there must not lead a writer, who may be
 * root, to other files.
 */
function refuseLinks(fileSystem: FileSystem, layout: DirectoryLayout, manifest: DirectoryManifest): void {
  const epoch = liveEpoch(manifest);
  const checkpoints = manifest.checkpoints.map((entry) => layout.checkpoint(entry.epoch));
  refuseLinkedFolders(fileSystem, [
    layout.wal,
    layout.walOf(epoch),
    layout.checkpoints,
    ...checkpoints,
    layout.broken,
  ]);
  for (let coreId = 0; coreId < manifest.cores; coreId++) {
    const path = layout.segment(epoch, coreId);
    refuseLinkedFile(path, fileSystem.status(path));
  }
}
