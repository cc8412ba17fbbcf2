import { join } from 'node:path';
import { MANIFEST_NAME } from '../directory/manifest/layout.js';
import { isDirectoryManifest } from '../directory/manifest/manifest-file.js';
import { MANIFEST_BYTES_MAX } from '../directory/manifest/manifest.js';
import { isStatelogError } from '../errors.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { readWholeFile } from '../storage-io/whole/write-fully.js';
import { DirectoryStore } from '../store/directory-store.js';
import type { OpenReadableOptions, OpenWritableOptions } from './open-options.js';

/**
 * Opens a state directory for reading, as `openReadable` does. Commands try this first: it loads nothing of the other kinds
 * of store, which is most of what `openReadable` needs.
 * @returns undefined where the path holds something else, as it may by now, or cannot be read: `openReadable` says what
 * @throws StatelogError `EPOCH_NOT_FOUND`; `DAMAGED`
 */
export function openReadableDirectory(
  path: string,
  options: OpenReadableOptions,
): DirectoryStore | undefined {
  const { fileSystem = realFileSystem() } = options;
  if (directoryManifest(fileSystem, path) === undefined) return undefined;
  try {
    return readDirectoryStore(path, options);
  } catch (error) {
    if (!isStatelogError(error, 'STORE_REPLACED')) throw error;
    return undefined;
  }
}

/**
 * Opens a state directory for writing, as `openWritable` does.
 * @returns undefined where the path holds something else, or nothing: `openWritable` says what, or makes it
 * @throws StatelogError `LOCKED`, `DAMAGED`, `READ_ONLY`
 */
export async function openWritableDirectory(
  path: string,
  options: OpenWritableOptions,
): Promise<DirectoryStore | undefined> {
  const { fileSystem = realFileSystem() } = options;
  const manifest = directoryManifest(fileSystem, path);
  return manifest && writeDirectoryStore(path, options, manifest);
}

/** Opens what is known to be a state directory. Where one key is asked for, mapping its files costs more than reading them. */
export function readDirectoryStore(path: string, options: OpenReadableOptions): DirectoryStore {
  const { fileSystem, at, only } = options;
  const mapping = only === undefined ? undefined : 'never';
  return DirectoryStore.openReadOnly(path, { fileSystem, at, only, mapping });
}

/**
 * Locks and recovers what is known to be a state directory.
 * @param manifest its manifest, where it was read just now
 */
export async function writeDirectoryStore(
  path: string,
  { fileSystem, waitMs, writesOnly, lossBytesMax, onWarning }: OpenWritableOptions,
  manifest?: Uint8Array,
): Promise<DirectoryStore> {
  return DirectoryStore.open(path, { fileSystem, waitMs, writesOnly, lossBytesMax, onWarning, manifest });
}

/** The manifest of a state directory; undefined where the path holds something else, or it cannot be read. */
function directoryManifest(fileSystem: FileSystem, path: string): Uint8Array | undefined {
  try {
    const bytes = readWholeFile(fileSystem, join(path, MANIFEST_NAME), MANIFEST_BYTES_MAX);
    return isDirectoryManifest(bytes) ? bytes : undefined;
  } catch (error) {
    if (isStatelogError(error)) return undefined;
    throw error;
  }
}
