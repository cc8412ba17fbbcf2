import { FOLD_PATH } from '../../artifact/backends/append-log-artifact.js';
import { MANIFEST_BYTES_MAX, MANIFEST_NAME } from '../../artifact/format/format.js';
import { decodeExportManifest, type ExportManifest } from '../../artifact/format/manifest.js';
import { startsWithBytes } from '../../bytes/compare.js';
import { isStatelogError } from '../../errors.js';
import { MAGIC as FOLD_MAGIC } from '../../fold/format/format.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import { readFully } from '../../storage-io/whole/write-fully.js';
import { partsOfFolder, partsOfTar, type PayloadPart } from './payload-parts.js';

/**
 * The rest of an artifact: the places of its files, by their paths in it, and its manifest if that can be
 * read.
 */
export interface LocatedPayload {
  readonly files: ReadonlyMap<string, FileSlice>;
  readonly manifest: ExportManifest | undefined;
  /** Bytes that a file should have, by the manifest or by what holds it, where either still says so. */
  readonly stated: ReadonlyMap<string, number>;
  /** All that lies in it, wherever and under whatever name: a path may be there more than once. */
  readonly parts: readonly PayloadPart[];
}

/** Finds the files of an artifact, a folder or a tar, whatever else of it is damaged. Nothing is verified. */
export function locatePayload(fileSystem: FileSystem, path: string): LocatedPayload {
  const status = fileSystem.statusFollowing(path);
  const stated = new Map<string, number>();
  const isFolder = status?.kind === 'directory';
  const parts = [...(isFolder ? partsOfFolder(fileSystem, path) : partsOfTar(fileSystem, path, stated))];
  const files = new Map(parts.filter(({ hasEnd }) => hasEnd).map(({ name, slice }) => [name, slice]));
  const manifest =
    manifestOf(fileSystem, files.get(MANIFEST_NAME), path) ?? manifestAmong(fileSystem, parts, path);
  for (const file of manifest?.files ?? []) stated.set(file.path, file.size);
  const fold = parts.find(({ hasEnd }) => !hasEnd);
  if (fold !== undefined && !files.has(FOLD_PATH) && isFold(fileSystem, fold.slice))
    files.set(FOLD_PATH, fold.slice);
  return { files, manifest, stated, parts };
}

function isFold(fileSystem: FileSystem, slice: FileSlice): boolean {
  return startsWithBytes(readSlice(fileSystem, { ...slice, length: FOLD_MAGIC.length }), FOLD_MAGIC);
}

/** The one manifest that lies under another name than its own, where there is just one. */
function manifestAmong(
  fileSystem: FileSystem,
  parts: readonly PayloadPart[],
  origin: string,
): ExportManifest | undefined {
  const found = parts
    .filter(({ hasEnd, slice }) => hasEnd && slice.length <= MANIFEST_BYTES_MAX)
    .flatMap(({ slice }) => manifestOf(fileSystem, slice, origin) ?? []);
  return found.length === 1 ? found[0] : undefined;
}

function manifestOf(
  fileSystem: FileSystem,
  slice: FileSlice | undefined,
  origin: string,
): ExportManifest | undefined {
  if (slice === undefined || slice.length > MANIFEST_BYTES_MAX) return undefined;
  try {
    return decodeExportManifest(readSlice(fileSystem, slice), origin);
  } catch (error) {
    if (isStatelogError(error, 'INVALID_ARTIFACT') || isStatelogError(error, 'UNSUPPORTED_VERSION'))
      return undefined;
    throw error;
  }
}

/** Reads all of a stretch of a file. @throws StatelogError what reading throws */
export function readSlice(fileSystem: FileSystem, slice: FileSlice): Uint8Array {
  const bytes = new Uint8Array(slice.length);
  const descriptor = fileSystem.openRead(slice.path);
  try {
    readFully(fileSystem, descriptor, bytes, 0, bytes.length, slice.start);
    return bytes;
  } finally {
    fileSystem.close(descriptor);
  }
}
