import { join } from 'node:path';
import { refuseWithinStore } from '../../inspect/lies-in-store.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import type { BlobStore } from '../blob/blob-store.js';
import { FolderStore } from '../blob/folder-store.js';
import { payloadsPrefix, pointerName } from '../publish/names.js';
import { parsePlaceUrl, parseSnapshotUrl, type FolderPlace, type Place } from './place.js';

/** A key, or a prefix of keys, in a store that was opened. */
export interface OpenPlace {
  readonly store: BlobStore;
  /** The key's name in the store. */
  readonly name: string;
}

/**
 * Opens the store of the snapshot that a URL means.
 * @throws StatelogError `INVALID_ARGUMENT`; `SAME_PATH` for a folder in a state directory or an artifact; `PERMISSION_DENIED` where
 * there are no credentials
 */
export async function openSnapshotPlace(url: string): Promise<OpenPlace> {
  const place = parseSnapshotUrl(url);
  if (place.kind === 'folder') refuseWithinStore(realFileSystem(), join(place.folder, place.name));
  return openPlace(place);
}

/** Opens the store of all snapshots below the prefix that a URL means. */
export async function openPrefixPlace(url: string): Promise<OpenPlace> {
  const place = parsePlaceUrl(url);
  return openPlace(place.kind === 'folder' ? asBucket(realFileSystem(), place) : place);
}

/** A folder is the bucket itself, with keys as they are in it, unless its name is that of a key beside it. */
function asBucket(fileSystem: FileSystem, place: FolderPlace): Place {
  const path = join(place.folder, place.name);
  if (fileSystem.statusFollowing(path)?.kind !== 'directory') return place;
  const besides = [pointerName(path), payloadsPrefix(path)];
  if (besides.some((beside) => fileSystem.statusFollowing(beside) !== undefined)) return place;
  return { kind: 'folder', folder: path, name: '' };
}

async function openPlace(place: Place): Promise<OpenPlace> {
  const { name } = place;
  const fileSystem = realFileSystem();
  if (place.kind === 'folder') return { store: new FolderStore(fileSystem, place.folder), name };
  const [{ S3Store }, { s3SettingsOf }] = await Promise.all([
    import('../s3/s3-store.js'),
    import('../s3/s3-settings.js'),
  ]);
  return { store: new S3Store(s3SettingsOf(place.bucket, fileSystem)), name };
}
