import { equalBytes } from '../../bytes/compare.js';
import { StatelogError, isStatelogError } from '../../errors.js';
import { removeQuietly, writeTemporaryFile } from '../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { readWholeFile } from '../../storage-io/whole/write-fully.js';
import type { DirectoryLayout } from './layout.js';
import { MANIFEST_BYTES_MAX, decodeManifest, encodeManifest, type DirectoryManifest } from './manifest.js';

/**
 * Reads a state directory's manifest.
 * @throws StatelogError `NOT_FOUND` where there is no such folder, `UNKNOWN_FORMAT` where it holds no
 * manifest, `UNSUPPORTED_VERSION`, `DAMAGED` (class `bad-header`)
 */
export function readManifest(fileSystem: FileSystem, layout: DirectoryLayout): DirectoryManifest {
  return decodeManifest(readManifestBytes(fileSystem, layout), layout.manifest);
}

/** The manifest's bytes as they are: to see whether it changed. */
export function readManifestBytes(fileSystem: FileSystem, layout: DirectoryLayout): Uint8Array {
  try {
    return readWholeFile(fileSystem, layout.manifest, MANIFEST_BYTES_MAX);
  } catch (error) {
    if (!isStatelogError(error, 'NOT_FOUND')) throw error;
    const root = fileSystem.statusFollowing(layout.root);
    if (root === undefined) throw noSuchStore(layout.root);
    throw new StatelogError(
      'UNKNOWN_FORMAT',
      'the folder is not a state directory: it has no MANIFEST.json',
      {
        path: layout.root,
        hint: `run 'statelog stat' on it to see what it holds`,
      },
    );
  }
}

/** True for the content of a `MANIFEST.json` that names what only a state directory's does, whole or damaged. */
export function isDirectoryManifest(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return text.includes('"storeId"') || text.includes('"checkpoints"');
}

/** How far a swap came. */
export type SwapOutcome =
  { readonly swapped: true } | { readonly swapped: false; readonly error: StatelogError };

/**
 * Puts a new manifest in the old one's place. Where it fails before the rename, the old one stands,
 * and the caller may go on with it: that is an outcome. Where the folder's sync fails after the
 * rename, no one knows which of the two a crash would leave: that is thrown, and nothing may go on.
 */
export function swapManifest(
  fileSystem: FileSystem,
  layout: DirectoryLayout,
  manifest: DirectoryManifest,
): SwapOutcome {
  const bytes = encodeManifest(manifest);
  let temporary: string | undefined;
  try {
    temporary = writeTemporaryFile(fileSystem, layout.manifest, bytes);
    fileSystem.rename(temporary, layout.manifest);
  } catch (error) {
    // Another store lies at these paths: nothing in it tells how the rename went.
    if (!isStatelogError(error) || error.code === 'STORE_REPLACED') throw error;
    // A rename may fail and have happened all the same.
    if (equalBytes(readManifestBytes(fileSystem, layout), bytes)) throw error;
    if (temporary !== undefined) removeQuietly(fileSystem, temporary);
    return { swapped: false, error };
  }
  fileSystem.syncDirectory(layout.root);
  return { swapped: true };
}

/** The error for a path that holds no store, the same in every command. */
export function noSuchStore(path: string): StatelogError {
  return new StatelogError('NOT_FOUND', 'there is no such store', {
    path,
    hint: `create it with 'statelog create', or put into it`,
  });
}
