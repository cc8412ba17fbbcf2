import type { Finding } from '../../finding.js';
import type { Clock } from '../../storage-io/interface/clock.js';
import { acquireFileLock, type FileLock } from '../../storage-io/lock/file-lock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { refuseLinkedFile, refuseLinkedFolders } from '../../storage-io/owners/own-paths.js';
import { recoverSegment, type CutTail } from '../../wal/recover/recovery.js';
import { CoreWalWriter } from '../../wal/write/writer.js';
import { CoreStates, type CoreState } from '../state/core-state.js';
import { guardedByLock, HeldStore } from './held-store.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import type { CloseRecord } from '../manifest/close-record.js';
import { isFoundationAsClosed, readCloseRecord, syncFoundation } from '../manifest/closed-store.js';
import { findLeftovers, removeLeftovers } from '../manifest/leftovers.js';
import { readManifest } from '../manifest/manifest-file.js';
import { liveEpoch, newestCheckpoint, type DirectoryManifest } from '../manifest/manifest.js';
import { openCheckpoint } from '../read/open-checkpoint.js';
import { asMissingPart } from '../manifest/missing-part.js';
import { Overlay } from '../state/overlay.js';
import { applyRecord, type Progress } from '../read/replay.js';
import { WritableCore } from './writable-core.js';

/** How a state directory is opened for writing. */
export interface OpenWriterOptions {
  readonly fileSystem: FileSystem;
  readonly clock: Clock;
  readonly layout: DirectoryLayout;
  /** How long to wait for the lock. */
  readonly waitMs: number;
}

/** What the last writer left, and what was done about it. */
export interface RecoveryReport {
  /** True where the last writer died without closing: its segments were written anew. */
  readonly tookOver: boolean;
  /** Records replayed. */
  readonly records: number;
  /** Torn tails that were copied and cut. */
  readonly cut: readonly (CutTail & { readonly path: string })[];
  readonly notices: readonly Finding[];
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
  readManifest(fileSystem, layout);
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
    throw asMissingPart(error, layout);
  }
}

/** @param unguarded what the writer goes on with, which asks for itself */
function recover(options: OpenWriterOptions, lock: FileLock, unguarded: FileSystem): OpenedWriter {
  const { fileSystem, layout } = options;
  const manifest = readManifest(fileSystem, layout);
  refuseLinks(fileSystem, layout, manifest);
  const closed = readCloseRecord(fileSystem, layout, manifest);
  // Of a writer that died nobody knows what it left in the page cache.
  const isDurable =
    !lock.tookOver && closed !== undefined && isFoundationAsClosed(fileSystem, layout, closed);
  const leftovers = findLeftovers(fileSystem, layout, manifest);
  const entry = newestCheckpoint(manifest);
  const bases = entry === undefined ? [] : openCheckpoint({ fileSystem, layout, manifest }, entry);
  const all = Array.from({ length: manifest.cores }, (_, coreId): CoreState => {
    return { coreId, base: bases[coreId], overlay: new Overlay() };
  });
  const states = new CoreStates(all);
  const writers: WritableCore[] = [];
  try {
    const progress: Progress = { sources: new Map(entry?.sources), watermark: entry?.watermark };
    const report = { tookOver: lock.tookOver, records: 0, cut: [] as RecoveryReport['cut'][number][] };
    const notices: Finding[] = [];
    for (const state of all) {
      const segment = recoverCore(options, {
        manifest,
        state,
        progress,
        report,
        notices,
        lock,
        closed,
        isDurable,
      });
      writers.push(new WritableCore(state, segment));
    }
    if (!isDurable) syncFoundation(fileSystem, layout, liveEpoch(manifest));
    removeLeftovers(fileSystem, leftovers);
    const held = new HeldStore(unguarded, layout, lock, writers);
    return { lock, held, manifest, states, writers, progress, recovery: { ...report, notices } };
  } catch (error) {
    for (const { segment } of writers) segment.abandon();
    states.release();
    throw error;
  }
}

/** Whoever may write in the store's folder must not lead a writer, who may be root, to other files. */
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

interface CoreRecovery {
  readonly manifest: DirectoryManifest;
  readonly state: CoreState;
  readonly progress: Progress;
  readonly report: {
    records: number;
    readonly tookOver: boolean;
    readonly cut: RecoveryReport['cut'][number][];
  };
  readonly notices: Finding[];
  readonly lock: FileLock;
  readonly closed: CloseRecord | undefined;
  /** Everything is as it was when it was closed, and on disk. */
  readonly isDurable: boolean;
}

function recoverCore(options: OpenWriterOptions, recovery: CoreRecovery): CoreWalWriter {
  const { fileSystem, clock, layout } = options;
  const { manifest, state, progress, report, notices, lock, closed, isDurable } = recovery;
  const epoch = liveEpoch(manifest);
  const path = layout.segment(epoch, state.coreId);
  const published = newestCheckpoint(manifest)?.cores[state.coreId];
  const segment = recoverSegment({
    fileSystem,
    path,
    coreId: state.coreId,
    epoch,
    expectedNextSequence: published?.nextSequence ?? 0n,
    copyBrokenTo: layout.broken,
    takeOver: report.tookOver,
    wasClosed: !report.tookOver,
    closedAt: closed?.segments[state.coreId],
    onRecord: (view) => {
      applyRecord(view, state.overlay, progress);
    },
    onNotice: (finding) => notices.push(finding),
  });
  report.records += segment.records;
  if (segment.cut !== undefined) report.cut.push({ ...segment.cut, path });
  return CoreWalWriter.openAt(state.coreId, path, segment.position, {
    fileSystem,
    clock,
    copyBrokenTo: layout.broken,
    syncFolder: false,
    links: 'refuse',
    isDurable,
    beforeWrite: openMark(lock),
    start: {
      nextSequence: segment.nextSequence,
      lastTimestampNs: segment.lastTimestampNs ?? published?.lastTimestampNs,
      epoch,
    },
  });
}

/**
 * Makes the LOCK's text durable before a segment is written where a power loss could leave bad bytes with good records
 * behind them, or no good record at all: an empty LOCK says that such bytes were on disk once (live-log-lock.ts).
 */
export function openMark(lock: FileLock): (isLone: boolean) => void {
  return (isLone) => {
    if (!isLone) lock.makeDurable();
  };
}
