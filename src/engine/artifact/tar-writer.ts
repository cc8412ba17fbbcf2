import { join } from 'node:path';
import type { FileSystem } from '../storage-io/file-system.js';
import { createFile } from '../storage-io/atomic-write.js';
import { writeFully } from '../storage-io/write-fully.js';
import { MANIFEST_NAME, PAYLOAD_FOLDER } from './format.js';
import { type ArtifactFile, type ExportManifest, encodeManifest } from './manifest.js';
import { type ArtifactContent, HashedFile, hashFiles, manifestOf } from './payload.js';
import { foldersOf } from './payload-path.js';
import { moveIntoPlace, refuseOccupiedFile, withStagingFolder } from '../storage-io/staging-folder.js';
import { BLOCK_BYTES, encodeTarHeader, paddingAfter } from './tar-header.js';

const UNKNOWN_DIGEST = '0'.repeat(64);
/** The manifest follows the root folder's header and its own. */
const MANIFEST_AT = 2 * BLOCK_BYTES;

/**
 * An artifact as a tar, in chunks that are each valid until the next is asked for. The files are
 * read twice: the manifest stands in front of them, so that whoever receives it can refuse at once.
 * The same content with the same time gives the same bytes.
 */
export function* artifactTar(content: ArtifactContent): Generator<Uint8Array, ExportManifest> {
  const manifest = manifestOf(content, hashFiles(content.files));
  yield* tarChunks(content, encodeManifest(manifest));
  return manifest;
}

/**
 * Writes an artifact as a tar file, with the same bytes: whole and on disk when it returns, or not
 * there at all. The files are read once, as the manifest is put in afterwards: its length does
 * not depend on the digests.
 * @throws StatelogError `ALREADY_EXISTS` where something is at the destination
 */
export function writeArtifactTar(
  fileSystem: FileSystem,
  content: ArtifactContent,
  destination: string,
): ExportManifest {
  refuseOccupiedFile(fileSystem, destination);
  const hashed = content.files.map((file) => new HashedFile(file));
  const counted = {
    ...content,
    files: content.files.map((file, index) => ({ ...file, chunks: () => hashed[index]!.chunks() })),
  };
  const unknown = content.files.map(({ path, size }) => ({ path, size, blake3: UNKNOWN_DIGEST }));
  let manifest = manifestOf(content, unknown);
  withStagingFolder(fileSystem, destination, (folder) => {
    const path = join(folder, 'artifact.tar');
    createFile(fileSystem, path, (descriptor) => {
      let position = 0;
      for (const chunk of tarChunks(counted, encodeManifest(manifest))) {
        writeFully(fileSystem, descriptor, chunk, 0, chunk.length, position);
        position += chunk.length;
      }
      manifest = manifestOf(
        content,
        hashed.map((file): ArtifactFile => file.entry()),
      );
      const bytes = encodeManifest(manifest);
      writeFully(fileSystem, descriptor, bytes, 0, bytes.length, MANIFEST_AT);
    });
    moveIntoPlace(fileSystem, path, destination);
  });
  return manifest;
}

function* tarChunks(content: ArtifactContent, manifest: Uint8Array): Generator<Uint8Array, void> {
  const time = content.createdAtUnix;
  yield encodeTarHeader({ kind: 'folder', name: './', size: 0 }, time);
  yield encodeTarHeader({ kind: 'file', name: MANIFEST_NAME, size: manifest.length }, time);
  yield manifest;
  yield new Uint8Array(paddingAfter(manifest.length));
  for (const folder of foldersIn(content))
    yield encodeTarHeader({ kind: 'folder', name: `${folder}/`, size: 0 }, time);
  for (const file of content.files) {
    yield encodeTarHeader({ kind: 'file', name: file.path, size: file.size }, time);
    yield* file.chunks();
    yield new Uint8Array(paddingAfter(file.size));
  }
  yield new Uint8Array(2 * BLOCK_BYTES);
}

function foldersIn({ files }: ArtifactContent): Set<string> {
  return new Set([PAYLOAD_FOLDER, ...files.flatMap(({ path }) => foldersOf(path))]);
}
