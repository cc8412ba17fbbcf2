import { join } from 'node:path';
import { equalBytes } from '../../bytes/compare.js';
import type { DirectoryLayout } from '../../directory/manifest/layout.js';
import { epochOfName } from '../../directory/manifest/layout.js';
import { readManifest } from '../../directory/manifest/manifest-file.js';
import { newestCheckpoint, type DirectoryManifest } from '../../directory/manifest/manifest.js';
import { keptLogs, type KeptLog } from '../../inspect/kept-logs.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { recoverManifest } from '../directory/recovered-manifest.js';
import { ArrangementBuilder } from '../survey/arrangement.js';
import { attempt, type ManifestEvidence } from '../survey/evidence.js';
import { fillPair, headCrcsIn, isPairOf } from './fill-pair.js';
import { fillSegment } from './fill-segment.js';
import type { Replica } from './replica.js';

/**
 * Fills what is missing of a state directory from a replica of the same store: records of its logs, pages of its checkpoints,
 * and the manifest. From then on the account reads them as if they lay there. Each is told of.
 */
export function* fillDirectory(
  account: RepairAccount,
  layout: DirectoryLayout,
): Generator<RepairEvent, void> {
  const { replica, fileSystem } = account;
  if (replica === undefined) return;
  const builder = new ArrangementBuilder(fileSystem, layout.root);
  const manifest = yield* knownManifest(account, replica, layout, builder);
  if (manifest === undefined) return;
  if (replica.storeId !== undefined && !equalBytes(replica.storeId, manifest.storeId)) {
    const reason = 'it is a replica of another store';
    yield account.tellNotTaken({ file: replica.path, for: layout.root, reason });
    return;
  }
  for (const { epoch, cores } of manifest.checkpoints) {
    for (const [coreId, { indexCrc }] of cores.entries()) {
      const values = layout.stateFile(epoch, coreId);
      const index = layout.indexFile(epoch, coreId);
      yield* fillPair(account, replica, builder, { values, index, indexCrc });
    }
  }
  const heads = headCrcsIn(fileSystem, replica);
  for (const log of keptLogs(manifest)) {
    yield* fillLog(account, replica, builder, { log, layout, cores: manifest.cores, heads });
  }
  if (!builder.isMoved) return;
  for (const folder of [layout.wal, layout.checkpoints]) {
    for (const path of filesIn(fileSystem, folder)) builder.keep(path);
  }
  yield* account.readThrough(builder.build([layout.wal, layout.checkpoints]));
}

/** The files of all epochs in a folder of logs or checkpoints. */
function filesIn(fileSystem: FileSystem, folder: string): string[] {
  const pathsIn = (one: string): string[] => namesIn(fileSystem, one).map((name) => join(one, name));
  const isFolder = (one: string): boolean => fileSystem.statusFollowing(one)?.kind === 'directory';
  return pathsIn(folder).flatMap((one) => (isFolder(one) ? pathsIn(one) : [one]));
}

function* fillLog(
  account: RepairAccount,
  replica: Replica,
  builder: ArrangementBuilder,
  { log, layout, cores, heads }: LogHoles,
): Generator<RepairEvent, void> {
  for (let coreId = 0; coreId < cores; coreId++) {
    yield* fillSegment(account, replica, builder, {
      path: layout.segment(log.epoch, coreId),
      coreId,
      epoch: log.epoch,
      firstSequence: log.before?.cores[coreId]?.nextSequence ?? 0n,
      endSequence: log.after?.cores[coreId]?.nextSequence,
      beganAsOne: beganAsOne(replica, log, coreId, heads),
    });
  }
}

/** A log whose segments may have holes. */
interface LogHoles {
  readonly log: KeptLog;
  readonly layout: DirectoryLayout;
  readonly cores: number;
  /** The checksums of the heads of the replica's indexes. */
  readonly heads: ReadonlySet<number>;
}

/** Whether a replica of the same store has the same checkpoint before a log, and so began the log as this one did. */
function beganAsOne(
  { storeId, manifest }: Replica,
  { before, epoch }: KeptLog,
  coreId: number,
  heads: ReadonlySet<number>,
): boolean {
  if (storeId === undefined) return false;
  if (before === undefined) return epoch === 1n;
  const ours = before.cores[coreId];
  if (ours !== undefined && heads.has(ours.indexCrc)) return true;
  const theirs = manifest?.checkpoints.find((one) => one.epoch === before.epoch)?.cores[coreId];
  if (ours === undefined || theirs === undefined) return false;
  return ours.nextSequence === theirs.nextSequence && ours.lastTimestampNs === theirs.lastTimestampNs;
}

/** The manifest of the source; where it is gone the replica's, if that is provably of the same moment. */
function* knownManifest(
  account: RepairAccount,
  replica: Replica,
  layout: DirectoryLayout,
  builder: ArrangementBuilder,
): Generator<RepairEvent, DirectoryManifest | undefined> {
  const { fileSystem } = account;
  const own = attempt(() => readManifest(fileSystem, layout));
  if (own !== undefined) return own;
  const found = replica.evidence.find(
    (one): one is ManifestEvidence => one.kind === 'manifest' && one.manifest === replica.manifest,
  );
  if (found === undefined || !isOfThisMoment(fileSystem, layout, replica, found.manifest)) {
    return recoverManifest(fileSystem, layout);
  }
  builder.placeFile(layout.manifest, found.path, found.status);
  const { path: from, status } = found;
  yield account.tellFilled({
    kind: 'manifest',
    file: layout.manifest,
    offset: 0,
    bytes: status.size,
    records: 0,
    from,
    fromOffset: 0,
  });
  return found.manifest;
}

/** Whether the newest checkpoint of a manifest is the newest one here, too, index for index. */
function isOfThisMoment(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  replica: Replica,
  manifest: DirectoryManifest,
): boolean {
  const newest = newestCheckpoint(manifest);
  if (newest === undefined) return false;
  const epochsIn = (folder: string): bigint[] =>
    namesIn(fileSystem, folder).flatMap((name) => epochOfName(name) ?? []);
  const isNewest =
    epochsIn(layout.checkpoints).every((epoch) => epoch <= newest.epoch) &&
    epochsIn(layout.wal).every((epoch) => epoch <= newest.epoch + 1n);
  if (!isNewest) return false;
  const verdicts = newest.cores.map(({ indexCrc }, coreId) => {
    const values = layout.stateFile(newest.epoch, coreId);
    const index = layout.indexFile(newest.epoch, coreId);
    return isPairOf(fileSystem, replica, { values, index, indexCrc });
  });
  return verdicts.includes(true) && !verdicts.includes(false);
}
