import { toHex } from '../../bytes/text/text.js';
import { isStatelogError } from '../../errors.js';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import { refuseLinkedFile } from '../../storage-io/owners/own-paths.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import type { ClosedSegment } from '../../wal/scan/closed-segment.js';
import { decodeCloseRecord, encodeCloseRecord, type CloseRecord } from './close-record.js';
import type { DirectoryLayout } from './layout.js';
import { liveEpoch, type DirectoryManifest } from './manifest.js';

/** A record takes some 150 bytes a core; what is longer than this is none of ours. */
const RECORD_BYTES_MAX = 1024 * 1024;

/** A segment that its writer has synced and is about to close. */
export interface SyncedSegment {
  readonly records: number;
  readonly nextSequence: bigint;
  readonly status: FileStatus;
}

/**
 * Leaves word, after all was synced, of where the log ends and of what was on disk. It is itself not synced, and need not be: one
 * that a power loss took or tore is as none, and one that is older than the files says less than they hold.
 * @param place its path in the folder that is held: another store may lie at the layout's by now
 */
export function writeCloseRecord(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
  segments: readonly SyncedSegment[],
  place = layout.closed,
): void {
  // Opened first: where it is made, the root folder changes.
  const descriptor = fileSystem.openOrCreate(place, 'refuse');
  try {
    const before = fileSystem.statusOf(descriptor);
    refuseLinkedFile(layout.closed, before);
    const bytes = encodeCloseRecord({
      storeId: toHex(manifest.storeId),
      epoch: liveEpoch(manifest),
      segments: segments.map(({ records, nextSequence, status }): ClosedSegment => {
        const { size: end, identity, changedNs } = status;
        return { end, records, nextSequence, identity, changedNs };
      }),
      foundation: foundationOf(fileSystem, layout, liveEpoch(manifest)),
    });
    writeFully(fileSystem, descriptor, bytes);
    if (before.size > bytes.length) fileSystem.truncate(descriptor, bytes.length);
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}

/**
 * Reads the record of the last clean close, if it is of this store and this epoch; undefined if nothing can
 * be told.
 */
export function readCloseRecord(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
): CloseRecord | undefined {
  const bytes = readIfThere(fileSystem, layout.closed);
  const record = bytes === undefined ? undefined : decodeCloseRecord(bytes);
  const isOfThis =
    record?.storeId === toHex(manifest.storeId) &&
    record.epoch === liveEpoch(manifest) &&
    record.segments.length === manifest.cores;
  return isOfThis ? record : undefined;
}

/**
 * True where every file and folder that a store stands on is the very one that was on disk when it was closed, and has not
 * changed since: nothing of it need be synced again. Copies, and what was put back from elsewhere, are other files.
 */
export function isFoundationAsClosed(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  record: CloseRecord,
): boolean {
  const found = foundationOf(fileSystem, layout, record.epoch);
  return (
    found.length === record.foundation.length &&
    found.every((mark, at) => mark === record.foundation[at]) &&
    record.segments.every(({ end, identity, changedNs }, coreId) => {
      const segment = fileSystem.status(layout.segment(record.epoch, coreId));
      return segment?.size === end && segment.identity === identity && segment.changedNs === changedNs;
    })
  );
}

/** The folders whose names a store stands on, and its manifest, each with what tells it from another or a later one. */
function foundationOf(fileSystem: FileSystem, layout: DirectoryLayout, epoch: bigint): string[] {
  return foundationPaths(layout, epoch).map((path) => {
    const status = path === layout.root ? fileSystem.statusFollowing(path) : fileSystem.status(path);
    return status === undefined ? 'missing' : `${status.identity}@${status.changedNs}`;
  });
}

/**
 * Makes durable what a writer may have left in the page cache: a manifest that was renamed into place and whose folder was
 * not synced, folders of a log that were just created.
 */
export function syncFoundation(fileSystem: FileSystem, layout: DirectoryLayout, epoch: bigint): void {
  const [manifest, ...folders] = foundationPaths(layout, epoch);
  const descriptor = fileSystem.openRead(manifest, 'refuse');
  try {
    fileSystem.sync(descriptor);
  } finally {
    fileSystem.close(descriptor);
  }
  for (const folder of folders) fileSystem.syncDirectory(folder);
}

function foundationPaths(layout: DirectoryLayout, epoch: bigint): [string, ...string[]] {
  return [layout.manifest, layout.walOf(epoch), layout.wal, layout.checkpoints, layout.root];
}

function readIfThere(fileSystem: FileSystem, path: string): Uint8Array | undefined {
  try {
    const descriptor = fileSystem.openRead(path, 'refuse');
    try {
      const { size } = fileSystem.statusOf(descriptor);
      if (size > RECORD_BYTES_MAX) return undefined;
      const bytes = new Uint8Array(size);
      return bytes.subarray(0, fileSystem.read(descriptor, bytes, 0, size, 0));
    } finally {
      closeQuietly(fileSystem, descriptor);
    }
  } catch (error) {
    if (isStatelogError(error)) return undefined;
    throw error;
  }
}
