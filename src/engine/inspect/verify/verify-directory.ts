import { missingFile } from '../missing-file.js';
import { missingHint } from '../../bytes/text/command-hints.js';
import { isStatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { liveLogLock } from '../../directory/manifest/live-log-lock.js';
import { readManifest } from '../../directory/manifest/manifest-file.js';
import {
  newestCheckpoint,
  type CheckpointEntry,
  type DirectoryManifest,
} from '../../directory/manifest/manifest.js';
import { openCheckpoint } from '../../directory/read/open-checkpoint.js';
import type { StateFile } from '../../state/read/state-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import { lostRecords } from '../../wal/scan/lost-records.js';
import { scanOptionsOf } from '../../wal/scan/scan-options.js';
import { conflictedCopies } from '../strangers/conflicted-copies.js';
import { unopenedFinding } from '../unreadable.js';
import { dropHints, mendHints } from '../hints.js';
import { isCheckpointKept, isLogKept, keptLogs, type KeptLog } from '../kept-logs.js';
import { hinted } from './findings/hinted.js';
import { MendableRecords } from './findings/mendable-records.js';
import { lookAround } from './look-around.js';
import type { Tally } from './tally.js';
import { verifySegment } from './verify-segment.js';
import { findingOf, verifyOpenState } from './verify-state.js';

/**
 * Checks all that a state directory holds: the manifest, every kept checkpoint against it, every
 * kept log, its sequences and barriers, and what lies there besides. Takes no lock: what a writer drops meanwhile,
 * since it keeps it no longer, is not missed.
 */
export function* verifyDirectory(
  fileSystem: FileSystem,
  root: string,
  values: boolean,
  tally: Tally,
): Generator<Finding, void> {
  const layout = new DirectoryLayout(root);
  let manifest: DirectoryManifest;
  try {
    manifest = readManifest(fileSystem, layout);
  } catch (error) {
    // The folder is a state directory by what else is in it: a manifest of nobody's is a damaged one.
    if (!isStatelogError(error, 'DAMAGED') && !isStatelogError(error, 'UNKNOWN_FORMAT')) throw error;
    yield { ...findingOf(error, layout.manifest), file: layout.manifest, hint: missingHint(root) };
    return;
  }
  tally.addFile(layout.manifest, fileSystem.status(layout.manifest)?.size ?? 0);
  const needed = mendHints(root);
  const notNeeded = dropHints(fileSystem, root);
  for (const entry of manifest.checkpoints) {
    tally.keys = 0;
    const findings = verifyCheckpoint(fileSystem, layout, manifest, entry, values, tally);
    yield* hinted(findings, entry === newestCheckpoint(manifest) ? needed : notNeeded);
  }
  const ends: LogEnd[] = [];
  for (const log of keptLogs(manifest)) {
    const findings = verifyLog(fileSystem, layout, manifest, log, tally, ends);
    const mendable = new MendableRecords(fileSystem, 'segment');
    yield* hinted(findings, log.isLive ? needed : notNeeded, mendable);
  }
  yield* lookAround(fileSystem, layout);
  yield* conflictedCopies(fileSystem, root);
}

/** The end of a core's part of the log before. */
interface LogEnd {
  readonly path: string;
  readonly bytes: number;
  readonly nextSequence: bigint;
}

function* verifyCheckpoint(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
  entry: CheckpointEntry,
  values: boolean,
  tally: Tally,
): Generator<Finding, void> {
  for (let coreId = 0; coreId < manifest.cores; coreId++) {
    let file: StateFile;
    try {
      file = openCheckpoint({ fileSystem, layout, manifest, mapping: 'never', onlyCore: coreId }, entry)[0]!;
    } catch (error) {
      const finding = missingOrDamaged(error, layout.stateFile(entry.epoch, coreId), 'missing-file');
      if (isCheckpointKept(fileSystem, layout, entry.epoch)) yield finding;
      continue;
    }
    yield* verifyOpenState(fileSystem, file, values, tally);
  }
}

function* verifyLog(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
  { epoch, isLive, before, after }: KeptLog,
  tally: Tally,
  ends: LogEnd[],
): Generator<Finding, void> {
  const log = {
    epoch,
    ...(isLive ? liveLogLock(fileSystem, layout, manifest) : undefined),
    isClosed: after !== undefined,
    expectedSequenceOf: (coreId: number) => before?.cores[coreId]?.nextSequence ?? 0n,
    writtenWithinOf: (coreId: number) => ({
      afterNs: before?.cores[coreId]?.lastTimestampNs,
      beforeNs: after?.cores[coreId]?.lastTimestampNs,
    }),
  };
  /** All that is missing of a core's part of the log from a sequence on, where it is known how far that went. */
  const lostFrom = (coreId: number, from: bigint, afterNs?: bigint): Pick<Finding, 'lost'> => {
    const closedAt = isLive ? scanOptionsOf(log, coreId).closedAt : undefined;
    const to = after?.cores[coreId]?.nextSequence ?? closedAt?.nextSequence;
    if (to !== undefined && to <= from) return {};
    const within = log.writtenWithinOf(coreId);
    return { lost: lostRecords({ coreId, from, to, ...within, afterNs: afterNs ?? within.afterNs }, 0) };
  };
  const segments = Array.from({ length: manifest.cores }, (_, coreId) => {
    return { coreId, path: layout.segment(epoch, coreId) };
  });
  const reached = groupReach(fileSystem, segments, (coreId) => scanOptionsOf(log, coreId));
  for (const { coreId, path } of segments) {
    try {
      const { timeline } = tally;
      const expected = { ...scanOptionsOf(log, coreId), timeline, limit: tally.limitFor(path) };
      const summary = yield* verifySegment({ ...expected, fileSystem, path, reached });
      tally.records += summary.records;
      tally.recordsBehind += summary.recordsBehind;
      const expectedSequence = log.expectedSequenceOf(coreId);
      const nextSequence = summary.nextSequence ?? expectedSequence;
      const end = ends[coreId];
      if (end !== undefined && end.nextSequence > nextSequence) {
        yield sequenceGap(end.path, end.bytes, coreId, expectedSequence, end.nextSequence);
      }
      // Records that came while a checkpoint was made stand behind its barrier, and in the next log.
      ends[coreId] = { path, bytes: summary.bytes, nextSequence };
      if (after !== undefined) {
        const nextDue = after.cores[coreId]!.nextSequence;
        const missing = lostFrom(coreId, nextSequence, summary.lastTimestampNs);
        if (summary.barriers.last !== epoch) {
          yield { ...missingBarrier(path, summary.goodEnd, epoch, coreId), ...missing };
        } else if (nextSequence < nextDue) {
          yield { ...sequenceGap(path, summary.bytes, coreId, nextDue, nextSequence), ...missing };
        }
      }
      tally.addFile(path, summary.bytes, true);
    } catch (error) {
      const finding = { ...missingOrDamaged(error, path, 'missing-segment'), coreId };
      const missing = lostFrom(coreId, log.expectedSequenceOf(coreId));
      if (isLogKept(fileSystem, layout, epoch)) yield { ...finding, ...missing };
    }
  }
}

/**
 * Turns the error that kept a file or a segment from being opened into a finding.
 * @throws unknown the error itself, where that is no damage
 */
export function missingOrDamaged(
  error: unknown,
  path: string,
  missingClass: 'missing-file' | 'missing-segment',
): Finding {
  if (isStatelogError(error, 'DAMAGED')) return findingOf(error, path);
  if (isStatelogError(error, 'NOT_FOUND')) return missingFile(missingClass, error.details.path ?? path);
  if (isStatelogError(error, 'UNKNOWN_FORMAT') || isStatelogError(error, 'UNSUPPORTED_VERSION')) {
    return {
      ...findingOf(error, path),
      class: error.code === 'UNKNOWN_FORMAT' ? 'bad-header' : 'bad-version',
    };
  }
  return unopenedFinding(error, path);
}

function missingBarrier(file: string, offset: number, epoch: bigint, coreId: number): Finding {
  return {
    severity: 'damage',
    class: 'missing-barrier',
    file,
    offset,
    bytes: 0,
    message: `a checkpoint closed epoch ${epoch}, and the log has no barrier for it: its end is gone`,
    coreId,
    epoch: String(epoch),
  };
}

function sequenceGap(file: string, offset: number, coreId: number, expected: bigint, found: bigint): Finding {
  return {
    severity: 'damage',
    class: 'sequence-gap',
    file,
    offset,
    bytes: 0,
    message: 'the log ends at another sequence than the manifest says',
    expected: String(expected),
    found: String(found),
    coreId,
  };
}
