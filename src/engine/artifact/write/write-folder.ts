import { join } from 'node:path';
import { isStatelogError } from '../../errors.js';
import { anchoredPlace } from '../../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { MANIFEST_NAME, PAYLOAD_FOLDER } from '../format/format.js';
import { encodeExportManifest, type ArtifactFile, type ExportManifest } from '../format/manifest.js';
import { type ArtifactContent, bytesOf, HashedFile, manifestOf, type PayloadFile } from './payload.js';
import { foldersOf } from '../format/payload-path.js';
import { moveIntoPlace, refuseOccupiedFolder } from '../../storage-io/whole/into-place.js';
import { withStagingFolder } from '../../storage-io/whole/staging-folder.js';
import { requireRoom } from '../../storage-io/whole/room.js';
import { syncTree } from '../../storage-io/whole/sync-tree.js';

/**
 * Writes an artifact as a folder: whole and on disk when it returns, or not there at all. It is put
 * together in a hidden folder beside the destination: payload, then manifest; all of it is synced, then
 * renamed into place.
 * @throws StatelogError `ALREADY_EXISTS` unless the destination is absent or an empty folder
 */
export function writeArtifactFolder(
  disk: FileSystem,
  content: ArtifactContent,
  destination: string,
): ExportManifest {
  const fileSystem = anchoredPlace(disk, destination);
  refuseOccupiedFolder(fileSystem, destination);
  return withStagingFolder(fileSystem, destination, (folder, staging) => {
    requireRoom(fileSystem, folder, bytesOf(content));
    const root = join(folder, 'artifact');
    fileSystem.makeDirectory(root);
    makeFolders(fileSystem, root, content.files);
    const files = content.files.map((file) => writePayload(fileSystem, root, file));
    const manifest = manifestOf(content, files);
    writeChunks(fileSystem, join(root, MANIFEST_NAME), [encodeExportManifest(manifest)]);
    staging.giveToPlace();
    syncTree(fileSystem, root);
    refuseOccupiedFolder(fileSystem, destination);
    moveIntoPlace(fileSystem, root, destination);
    return manifest;
  });
}

/** Makes `data` and the folders in it. */
function makeFolders(fileSystem: FileSystem, root: string, files: readonly PayloadFile[]): void {
  const folders = new Set([PAYLOAD_FOLDER, ...files.flatMap(({ path }) => foldersOf(path))]);
  for (const folder of folders) fileSystem.makeDirectory(join(root, folder));
}

function writePayload(fileSystem: FileSystem, root: string, file: PayloadFile): ArtifactFile {
  const hashed = new HashedFile(file);
  const path = join(root, file.path);
  if (file.place !== undefined && isLinked(fileSystem, file.place, path)) {
    // Read for the digest alone.
    for (const _ of hashed.chunks());
  } else writeChunks(fileSystem, path, hashed.chunks());
  return hashed.entry();
}

/** Gives a file a second name; false where it lies elsewhere, or the file system has no such names. */
function isLinked(fileSystem: FileSystem, place: string, path: string): boolean {
  try {
    fileSystem.link(place, path);
    return true;
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return false;
  }
}

function writeChunks(fileSystem: FileSystem, path: string, chunks: Iterable<Uint8Array>): void {
  const descriptor = fileSystem.createExclusive(path);
  try {
    let position = 0;
    for (const chunk of chunks) {
      writeFully(fileSystem, descriptor, chunk, 0, chunk.length, position);
      position += chunk.length;
    }
  } finally {
    fileSystem.close(descriptor);
  }
}
