import { join } from 'node:path';
import { anchoredPlace } from '../../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { createFile } from '../../storage-io/whole/atomic-write.js';
import { writeFully } from '../../storage-io/whole/write-fully.js';
import { MANIFEST_NAME, PAYLOAD_FOLDER } from '../format/format.js';
import { requireRoom } from '../../storage-io/whole/room.js';
import { type ExportManifest, encodeExportManifest } from '../format/manifest.js';
import { type ArtifactContent, bytesOf, HashedFile, manifestOf } from './payload.js';
import { foldersOf } from '../format/payload-path.js';
import { moveIntoPlace, refuseOccupiedFile } from '../../storage-io/whole/into-place.js';
import { withStagingFolder } from '../../storage-io/whole/staging-folder.js';
import { TAR_BLOCK_BYTES, encodeTarHeader, paddingAfter } from '../format/tar-header.js';

const TAR_END = new Uint8Array(2 * TAR_BLOCK_BYTES);

/**
 * An artifact as a tar, in chunks that are each valid until the next is asked for. The files are read once, as they are
 * sent: the manifest, which has their digests, comes last, and says that all of it is there.
 * The same content with the same time gives the same bytes.
 */
export function* artifactTar(content: ArtifactContent): Generator<Uint8Array, ExportManifest> {
  const time = content.createdAtUnix;
  yield encodeTarHeader({ kind: 'folder', name: './', size: 0 }, time);
  const hashed = content.files.map((file) => new HashedFile(file));
  yield* payloadChunks(content, hashed);
  const manifest = manifestOf(
    content,
    hashed.map((file) => file.entry()),
  );
  yield* manifestChunks(encodeExportManifest(manifest), time);
  yield TAR_END;
  return manifest;
}

/**
 * Writes an artifact as a tar file, with the same bytes: whole and on disk when it returns, or not there at all.
 * @throws StatelogError `ALREADY_EXISTS` where something is at the destination
 */
export function writeArtifactTar(
  disk: FileSystem,
  content: ArtifactContent,
  destination: string,
): ExportManifest {
  const fileSystem = anchoredPlace(disk, destination);
  refuseOccupiedFile(fileSystem, destination);
  return withStagingFolder(fileSystem, destination, (folder) => {
    requireRoom(fileSystem, folder, bytesOf(content));
    const path = join(folder, 'artifact.tar');
    const chunks = artifactTar(content);
    let chunk = chunks.next();
    createFile(fileSystem, path, (descriptor) => {
      for (let position = 0; chunk.done !== true; chunk = chunks.next()) {
        writeFully(fileSystem, descriptor, chunk.value, 0, chunk.value.length, position);
        position += chunk.value.length;
      }
    });
    moveIntoPlace(fileSystem, path, destination);
    return chunk.value as ExportManifest;
  });
}

function* manifestChunks(manifest: Uint8Array, time: number): Generator<Uint8Array, void> {
  yield encodeTarHeader({ kind: 'file', name: MANIFEST_NAME, size: manifest.length }, time);
  yield manifest;
  yield new Uint8Array(paddingAfter(manifest.length));
}

function* payloadChunks(
  content: ArtifactContent,
  hashed: readonly HashedFile[],
): Generator<Uint8Array, void> {
  const time = content.createdAtUnix;
  for (const folder of foldersIn(content))
    yield encodeTarHeader({ kind: 'folder', name: `${folder}/`, size: 0 }, time);
  for (const [index, file] of content.files.entries()) {
    yield encodeTarHeader({ kind: 'file', name: file.path, size: file.size }, time);
    yield* hashed[index]!.chunks();
    yield new Uint8Array(paddingAfter(file.size));
  }
}

function foldersIn({ files }: ArtifactContent): Set<string> {
  return new Set([PAYLOAD_FOLDER, ...files.flatMap(({ path }) => foldersOf(path))]);
}
