import { join } from 'node:path';
import type { FileSystem } from '../storage-io/file-system.js';
import { replaceFile } from '../storage-io/atomic-write.js';
import { writeFully } from '../storage-io/write-fully.js';
import { MANIFEST_NAME, PAYLOAD_FOLDER } from './format.js';
import { encodeManifest, type ArtifactFile, type ExportManifest } from './manifest.js';
import { type ArtifactContent, HashedFile, manifestOf, type PayloadFile } from './payload.js';
import { foldersOf } from './payload-path.js';
import { moveIntoPlace, refuseOccupiedFolder, withStagingFolder } from '../storage-io/staging-folder.js';

/**
 * Writes an artifact as a folder: whole and on disk when it returns, or not there at all. It is put
 * together in a hidden folder beside the destination: payload, then manifest, each synced, then
 * renamed into place.
 * @throws StatelogError `ALREADY_EXISTS` unless the destination is absent or an empty folder
 */
export function writeArtifactFolder(
  fileSystem: FileSystem,
  content: ArtifactContent,
  destination: string,
): ExportManifest {
  refuseOccupiedFolder(fileSystem, destination);
  return withStagingFolder(fileSystem, destination, (folder) => {
    const root = join(folder, 'artifact');
    fileSystem.makeDirectory(root);
    const folders = makeFolders(fileSystem, root, content.files);
    const files = content.files.map((file) => writeFile(fileSystem, root, file));
    for (const made of folders) fileSystem.syncDirectory(join(root, made));
    const manifest = manifestOf(content, files);
    replaceFile(fileSystem, join(root, MANIFEST_NAME), encodeManifest(manifest));
    refuseOccupiedFolder(fileSystem, destination);
    moveIntoPlace(fileSystem, root, destination);
    return manifest;
  });
}

/** Makes `data` and the folders in it; their paths, the innermost first. */
function makeFolders(fileSystem: FileSystem, root: string, files: readonly PayloadFile[]): string[] {
  const folders = new Set([PAYLOAD_FOLDER, ...files.flatMap(({ path }) => foldersOf(path))]);
  for (const folder of folders) fileSystem.makeDirectory(join(root, folder));
  return [...folders].reverse();
}

function writeFile(fileSystem: FileSystem, root: string, file: PayloadFile): ArtifactFile {
  const hashed = new HashedFile(file);
  const descriptor = fileSystem.createExclusive(join(root, file.path));
  try {
    let position = 0;
    for (const chunk of hashed.chunks()) {
      writeFully(fileSystem, descriptor, chunk, 0, chunk.length, position);
      position += chunk.length;
    }
    fileSystem.sync(descriptor);
  } finally {
    fileSystem.close(descriptor);
  }
  return hashed.entry();
}
