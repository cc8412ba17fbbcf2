import { epochOfName, type DirectoryLayout } from '../../directory/manifest/layout.js';
import { findLeftovers } from '../../directory/leftovers/leftovers.js';
import { readManifestBytes } from '../../directory/manifest/manifest-file.js';
import {
  decodeManifest,
  newestCheckpoint,
  type DirectoryManifest,
} from '../../directory/manifest/manifest.js';
import { isStatelogError } from '../../errors.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { lockState } from '../../storage-io/lock/lock-holder.js';
import { namesIn } from '../../storage-io/views/names-in.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { recoverManifest } from './recovered-manifest.js';

/** The manifest's bytes; none where it is gone. */
export function manifestBytes(fileSystem: FileSystem, layout: DirectoryLayout): Uint8Array {
  if (fileSystem.status(layout.manifest) === undefined) return new Uint8Array(0);
  return readManifestBytes(fileSystem, layout);
}

/** The manifest; where that is damaged or gone, one that is put together from what it spoke of. */
export function* readOrRecover(
  account: RepairAccount,
  layout: DirectoryLayout,
  bytes: Uint8Array,
): Generator<RepairEvent, DirectoryManifest> {
  let manifest: DirectoryManifest;
  try {
    manifest = decodeManifest(bytes, layout.manifest);
  } catch (error) {
    // One of another version is not ours to make up for.
    if (!isStatelogError(error) || error.code === 'UNSUPPORTED_VERSION') throw error;
    const recovered = recoverManifest(account.fileSystem, layout);
    if (recovered === undefined) throw error;
    const isGone = bytes.length === 0;
    const what = isGone ? 'the manifest is not there' : error.message;
    yield account.takeMadeUpFor({
      severity: 'damage',
      class: isGone ? 'missing-file' : 'bad-header',
      file: layout.manifest,
      offset: 0,
      bytes: bytes.length,
      message: `${what}; it is put together again from the checkpoints and logs that are there`,
      hint: `sources that no kept log commits are lost; 'statelog checkpoint --keep N' sets how many are kept`,
    });
    return recovered;
  }
  return yield* broughtUp(account, layout, manifest);
}

/**
 * The manifest itself; where it is of another moment than the checkpoints and logs that lie there, one that speaks of all
 * of them: nothing that reads is left out because a manifest does not name it.
 */
function* broughtUp(
  account: RepairAccount,
  layout: DirectoryLayout,
  known: DirectoryManifest,
): Generator<RepairEvent, DirectoryManifest> {
  const { fileSystem } = account;
  const other = otherMoment(fileSystem, layout, known);
  const recovered = other === undefined ? undefined : recoverManifest(fileSystem, layout, known.cores);
  if (other === undefined || recovered === undefined) return known;
  yield account.takeMadeUpFor({
    severity: 'damage',
    class: 'misplaced-epoch',
    file: other.path,
    offset: 0,
    bytes: 0,
    message: `${other.what}; all checkpoints and logs that are there are used`,
    hint: 'look for the manifest that belongs to them: nothing else knows what a checkpoint since then committed of sources',
  });
  const last = newestCheckpoint(known);
  const checkpoints = recovered.checkpoints.map((entry) => {
    const same = known.checkpoints.find(
      ({ epoch, cores }) => epoch === entry.epoch && cores.length === recovered.cores,
    );
    const sources = new Map([...(last?.sources ?? []), ...entry.sources]);
    return same ?? { ...entry, sources, watermark: entry.watermark ?? last?.watermark };
  });
  return { ...known, cores: recovered.cores, checkpoints };
}

/** The evidence that the manifest is of another moment than the files beside it. */
function otherMoment(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  known: DirectoryManifest,
): { readonly path: string; readonly what: string } | undefined {
  const wasClosed = (): boolean => lockState(fileSystem, layout.lock).wasClosed;
  const leftovers = findLeftovers(fileSystem, layout, known, wasClosed);
  const later = leftovers.find(({ isNewer }) => isNewer);
  if (later !== undefined)
    return {
      path: later.path,
      what: `the manifest is older than this ${later.kind === 'wal' ? 'log' : 'checkpoint'}`,
    };
  const newest = newestCheckpoint(known);
  if (newest === undefined || isCheckpointThere(fileSystem, layout, newest.epoch)) return undefined;
  // Nothing is left of its newest checkpoint: another one that is there, named or not, is better than none.
  const isAnyThere = checkpointsThere(fileSystem, layout).length > 0;
  if (!isAnyThere) return undefined;
  return {
    path: layout.checkpoint(newest.epoch),
    what: 'the newest checkpoint that the manifest names is not there',
  };
}

function isCheckpointThere(fileSystem: FileSystem, layout: DirectoryLayout, epoch: bigint): boolean {
  return checkpointsThere(fileSystem, layout).includes(epoch);
}

/** Epochs of the folders of checkpoints that hold anything. */
function checkpointsThere(fileSystem: FileSystem, layout: DirectoryLayout): bigint[] {
  return namesIn(fileSystem, layout.checkpoints).flatMap((name) => {
    const epoch = epochOfName(name);
    return epoch !== undefined && namesIn(fileSystem, layout.checkpoint(epoch)).length > 0 ? [epoch] : [];
  });
}
