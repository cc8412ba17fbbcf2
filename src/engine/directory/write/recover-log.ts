import { checkLoss, type Finding } from '../../finding.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import type { FileDescriptor } from '../../storage-io/interface/file-system.js';
import type { FileLock } from '../../storage-io/lock/file-lock.js';
import { recoverInRoom } from '../../storage-io/whole/room.js';
import { refuseLinkedFile } from '../../storage-io/owners/own-paths.js';
import {
  bringToEnd,
  readSegment,
  type CutTail,
  type ReadSegment,
  type RecoverSegmentOptions,
  type SegmentReport,
} from '../../wal/recover/recovery.js';
import type { PassedChanges } from '../../wal/record/ordinary-run.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import type { StampStart } from '../../wal/write/record-stamp.js';
import type { CoreWalWriterOptions } from '../../wal/write/direct-writer.js';
import { CoreWalWriter } from '../../wal/write/writer.js';
import type { CloseRecord } from '../manifest/close-record.js';
import { liveEpoch, newestCheckpoint, type DirectoryManifest } from '../manifest/manifest.js';
import { applyRecord, type Progress } from '../read/replay.js';
import type { CoreState } from '../state/core-state.js';
import { WritableCore } from './writable-core.js';
import { SEGMENT_BUFFER_BYTES, type WriterEnvironment } from './writer-environment.js';

/** The state that the last writer left, and what recovery did about it. */
export interface RecoveryReport {
  /** True where the last writer died without closing: its segments were written anew. */
  readonly tookOver: boolean;
  /** Records replayed. */
  readonly records: number;
  /** Torn tails that were copied and cut. */
  readonly cut: readonly (CutTail & { readonly path: string })[];
  readonly notices: readonly Finding[];
}

/** The live log of a store that is locked. */
export interface LogRecovery {
  readonly manifest: DirectoryManifest;
  readonly states: readonly CoreState[];
  readonly progress: Progress;
  readonly lock: FileLock;
  /** The record of the last clean close, if it is known. */
  readonly closed: CloseRecord | undefined;
  /** Everything is as it was when it was closed, and on disk. */
  readonly isDurable: boolean;
  /** How much may be cut; undefined: what a recovery may cut by itself. */
  readonly lossBytesMax: number | undefined;
  /** Whether changes are taken into memory; else they are only checked. */
  readonly isTakenIn: boolean;
}

const NOTHING_TAKEN: PassedChanges = {
  putFrom: () => undefined,
  deleteFrom: () => undefined,
};

type Environment = Pick<WriterEnvironment, 'fileSystem' | 'clock' | 'layout'>;

/**
 * Replays the live segments, each opened once and read once. Only when all of them were read is anything cut or written anew.
 * @throws StatelogError `DAMAGED`, `LOSS_LIMIT`; nothing is changed then
 */
export function recoverLog(
  environment: Environment,
  recovery: LogRecovery,
): { readonly writers: readonly WritableCore[]; readonly report: RecoveryReport } {
  const { fileSystem, layout } = environment;
  const notices: Finding[] = [];
  const requests = requestsOf(environment, recovery, notices);
  const read: ReadSegment[] = [];
  const writers: WritableCore[] = [];
  try {
    for (const request of requests) read.push(readSegment(request, openSegment(environment, request.path)));
    const torn = read.flatMap((segment) => segment.torn ?? []);
    checkLoss(layout.root, torn, recovery.lossBytesMax);
    const cut: (CutTail & { readonly path: string })[] = [];
    let records = 0;
    const bytesOfAll = (): number =>
      read.reduce((sum, { descriptor }) => sum + fileSystem.statusOf(descriptor).size, 0);
    for (const [coreId, state] of recovery.states.entries()) {
      const recovered = recoverInRoom(layout.root, bytesOfAll, () =>
        bringToEnd(requests[coreId]!, read[coreId]!),
      );
      const { report } = recovered;
      read[coreId] = { ...read[coreId]!, descriptor: recovered.descriptor };
      records += report.records;
      if (report.cut !== undefined) cut.push({ ...report.cut, path: report.path });
      const isDurable = recovery.isDurable || recovered.isSynced;
      const segment = CoreWalWriter.goOn(recovered, isDurable, writerOptions(environment, recovery, report));
      writers.push(new WritableCore(state, segment));
    }
    return { writers, report: { tookOver: recovery.lock.tookOver, records, cut, notices } };
  } catch (error) {
    for (const { segment } of writers) segment.abandon();
    for (const { descriptor } of read.slice(writers.length)) closeQuietly(fileSystem, descriptor);
    throw error;
  }
}

function requestsOf(
  environment: Environment,
  recovery: LogRecovery,
  notices: Finding[],
): RecoverSegmentOptions[] {
  const requests = recovery.states.map((state) => requestOf(environment, recovery, state, notices));
  // Nobody writes meanwhile: how far a segment reaches is read only where a group is in several.
  const reached = groupReach(environment.fileSystem, requests, (coreId) => {
    const { epoch, expectedNextSequence, wasClosed, closedAt } = requests[coreId]!;
    return {
      epoch,
      expectedSequence: expectedNextSequence,
      wasClosed: () => wasClosed === true,
      closedAt,
    };
  });
  return requests.map((request) => ({ ...request, reached }));
}

function requestOf(
  { fileSystem, layout }: Environment,
  { manifest, progress, lock, closed, isTakenIn }: LogRecovery,
  core: CoreState,
  notices: Finding[],
): RecoverSegmentOptions {
  const epoch = liveEpoch(manifest);
  const { coreId } = core;
  const overlay = isTakenIn ? core.overlay : undefined;
  return {
    fileSystem,
    path: layout.segment(epoch, coreId),
    coreId,
    epoch,
    expectedNextSequence: newestCheckpoint(manifest)?.cores[coreId]?.nextSequence ?? 0n,
    copyBrokenTo: layout.broken,
    takeOver: lock.tookOver,
    wasClosed: !lock.tookOver,
    closedAt: closed?.segments[coreId],
    onRecord: (view) => {
      applyRecord(view, overlay, progress);
    },
    changes: overlay ?? NOTHING_TAKEN,
    onNotice: (finding) => notices.push(finding),
  };
}

function openSegment({ fileSystem }: Environment, path: string): FileDescriptor {
  const descriptor = fileSystem.openReadWrite(path, 'refuse');
  try {
    refuseLinkedFile(path, fileSystem.statusOf(descriptor));
    return descriptor;
  } catch (error) {
    closeQuietly(fileSystem, descriptor);
    throw error;
  }
}

function writerOptions(
  { fileSystem, clock }: Environment,
  { manifest, lock }: LogRecovery,
  { coreId, nextSequence, lastTimestampNs }: SegmentReport,
): CoreWalWriterOptions & { readonly start: StampStart } {
  const published = newestCheckpoint(manifest)?.cores[coreId];
  return {
    fileSystem,
    clock,
    syncFolder: false,
    bufferBytes: SEGMENT_BUFFER_BYTES,
    beforeWrite: openMark(lock),
    start: {
      nextSequence,
      lastTimestampNs: lastTimestampNs ?? published?.lastTimestampNs,
      epoch: liveEpoch(manifest),
    },
  };
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
