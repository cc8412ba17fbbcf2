import { equalBytes } from '../../bytes/compare.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { MappingPolicy } from '../../state/read/state-file.js';
import { CoreStates, coreOfKey, type CoreState } from '../state/core-state.js';
import { DirectoryLayout } from '../manifest/layout.js';
import { liveLogLock, type LiveLogLock } from '../manifest/live-log-lock.js';
import { readManifestBytes } from '../manifest/manifest-file.js';
import {
  decodeManifest,
  liveEpoch,
  newestCheckpoint,
  type CheckpointEntry,
  type DirectoryManifest,
} from '../manifest/manifest.js';
import { asMissingPart } from '../manifest/missing-part.js';
import { openCheckpoint } from './open-checkpoint.js';
import { Overlay } from '../state/overlay.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import { scanOptionsOf } from '../../wal/scan/scan-options.js';
import { replaySegment, type Progress, type SegmentState } from './replay.js';

/** How a state directory is opened for reading. */
export interface ReadDirectoryOptions {
  readonly fileSystem: FileSystem;
  readonly root: string;
  /** The state as that checkpoint closed it; undefined: as it is now. */
  readonly at?: bigint | undefined;
  /**
   * With `at`: and of the log behind that checkpoint what each core had written before its next record got this
   * sequence. The log may have been closed since.
   */
  readonly upTo?: readonly bigint[] | undefined;
  /** Only this key will be asked for: nothing else is read. */
  readonly only?: Uint8Array | undefined;
  readonly mapping?: MappingPolicy | undefined;
}

/** A snapshot, as a reader found it, that later writes do not touch. */
export interface DirectorySnapshot {
  readonly manifest: DirectoryManifest;
  /** The checkpoint it starts from; undefined for a store without one. */
  readonly entry: CheckpointEntry | undefined;
  /** The epoch that the newest change read belongs to. */
  readonly epoch: bigint;
  readonly states: CoreStates;
  readonly progress: Progress;
  readonly notices: readonly Finding[];
  /** Records and good bytes of each segment read. */
  readonly segments: readonly SegmentState[];
}

/** A writer moves on while a reader opens: it starts over as often as this. */
const TRIES_MAX = 100;

/**
 * Reads the manifest, opens every file that it names, and replays the log. Takes no lock and writes
 * nothing. Where a file is gone and the manifest has changed, it starts over.
 * @throws StatelogError `EPOCH_NOT_FOUND`; `DAMAGED`, with class `missing-file` or `missing-segment` where
 * the manifest names what is not there
 */
export function readDirectory(options: ReadDirectoryOptions): DirectorySnapshot {
  const layout = new DirectoryLayout(options.root);
  for (let tries = 1; ; tries++) {
    const bytes = readManifestBytes(options.fileSystem, layout);
    try {
      return openSnapshot(options, layout, decodeManifest(bytes, layout.manifest));
    } catch (error) {
      const hasMoved = !equalBytes(readManifestBytes(options.fileSystem, layout), bytes);
      if (hasMoved && tries < TRIES_MAX && isStatelogError(error)) continue;
      throw asMissingPart(error, layout);
    }
  }
}

function openSnapshot(
  options: ReadDirectoryOptions,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
): DirectorySnapshot {
  const entry = entryAt(manifest, options.at, layout);
  const onlyCore = options.only === undefined ? undefined : coreOfKey(options.only, manifest.cores);
  const bases = entry === undefined ? [] : openCheckpoint({ ...options, layout, manifest, onlyCore }, entry);
  const all = Array.from({ length: manifest.cores }, (_, coreId): CoreState => {
    const isOpened = onlyCore === undefined || onlyCore === coreId;
    return {
      coreId,
      base: isOpened ? bases[onlyCore === undefined ? coreId : 0] : undefined,
      overlay: new Overlay(),
    };
  });
  const states = new CoreStates(all);
  try {
    const progress: Progress = { sources: new Map(entry?.sources), watermark: entry?.watermark };
    const log = logBehind(options, layout, manifest, entry);
    const replayed =
      log === undefined ? NOTHING_REPLAYED : replayAll(options, layout, log, { manifest, states, progress });
    const hasChanges = replayed.segments.some(({ records }) => records > 0);
    const epoch = log !== undefined && hasChanges ? log.epoch : (entry?.epoch ?? 0n);
    return { manifest, entry, epoch, states, progress, ...replayed };
  } catch (error) {
    states.release();
    throw error;
  }
}

type Replayed = Pick<DirectorySnapshot, 'notices' | 'segments'>;
const NOTHING_REPLAYED: Replayed = { notices: [], segments: [] };

/** A log that is replayed over the checkpoint before it, and how it is read. */
interface ReplayedLog extends LiveLogLock {
  readonly epoch: bigint;
  readonly isClosed: boolean;
  readonly expectedSequenceOf: (coreId: number) => bigint;
  readonly endSequenceOf: (coreId: number) => bigint | undefined;
}

/** The log to replay over a checkpoint; undefined where nothing behind it is wanted. */
function logBehind(
  { fileSystem, at, upTo }: ReadDirectoryOptions,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
  entry: CheckpointEntry | undefined,
): ReplayedLog | undefined {
  const live = liveEpoch(manifest);
  const epoch = upTo === undefined ? live : (entry?.epoch ?? 0n) + 1n;
  if (upTo === undefined && at !== undefined && at !== live) return undefined;
  const isClosed = epoch !== live;
  if (isClosed && !manifest.checkpoints.some((one) => one.epoch === epoch))
    throw notKept(epoch, manifest, layout);
  const lock = isClosed ? CLOSED_LOG : liveLogLock(fileSystem, layout, manifest);
  return {
    ...lock,
    epoch,
    isClosed,
    endSequenceOf: (coreId) => upTo?.[coreId],
    expectedSequenceOf: (coreId) => entry?.cores[coreId]?.nextSequence ?? 0n,
  };
}

const CLOSED_LOG: LiveLogLock = {
  isLocked: () => false,
  wasClosed: () => true,
  closedAtOf: () => undefined,
};

function replayAll(
  options: ReadDirectoryOptions,
  layout: DirectoryLayout,
  log: ReplayedLog,
  { manifest, states, progress }: Pick<DirectorySnapshot, 'manifest' | 'states' | 'progress'>,
): Replayed {
  const { fileSystem, only } = options;
  const { epoch, isClosed } = log;
  const paths = states.all.map(({ coreId }) => ({ coreId, path: layout.segment(epoch, coreId) }));
  const reached = groupReach(fileSystem, paths, (coreId) => scanOptionsOf(log, coreId));
  const wanted = only === undefined ? states.all : [states.all[coreOfKey(only, manifest.cores)]!];
  const notices: Finding[] = [];
  const segments: SegmentState[] = [];
  for (const { coreId, overlay } of wanted) {
    const { path } = paths[coreId]!;
    const expected = { isLocked: log.isLocked, wasClosed: log.wasClosed, closedAt: log.closedAtOf(coreId) };
    const expectedSequence = log.expectedSequenceOf(coreId);
    const endSequence = log.endSequenceOf(coreId);
    const place = { fileSystem, path, coreId, epoch, isClosed };
    const segment = { ...place, expectedSequence, endSequence, ...expected, reached, only };
    const result = replaySegment(segment, overlay, progress);
    notices.push(...result.notices);
    segments.push(result);
  }
  return { notices, segments };
}

/** The checkpoint that the state at an epoch starts from; undefined for a store without one. */
function entryAt(
  manifest: DirectoryManifest,
  at: bigint | undefined,
  layout: DirectoryLayout,
): CheckpointEntry | undefined {
  if (at === undefined || at === liveEpoch(manifest)) return newestCheckpoint(manifest);
  if (at === 0n && manifest.checkpoints.length === 0) return undefined;
  const entry = manifest.checkpoints.find(({ epoch }) => epoch === at);
  if (entry !== undefined) return entry;
  throw notKept(at, manifest, layout);
}

function notKept(at: bigint, manifest: DirectoryManifest, layout: DirectoryLayout): StatelogError {
  const kept = manifest.checkpoints.map(({ epoch }) => String(epoch));
  return new StatelogError('EPOCH_NOT_FOUND', `no checkpoint of epoch ${at} is kept`, {
    path: layout.root,
    found: kept.length === 0 ? 'no checkpoints' : `checkpoints ${kept.join(', ')}`,
    hint: `run 'statelog stat' to see which epochs there are; 'statelog checkpoint --keep N' keeps more`,
  });
}
