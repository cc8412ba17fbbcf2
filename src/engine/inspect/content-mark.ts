import { DirectoryLayout } from '../directory/manifest/layout.js';
import { readManifest } from '../directory/manifest/manifest-file.js';
import { liveEpoch } from '../directory/manifest/manifest.js';
import { isEmptyFolder } from '../storage-io/whole/staging-folder.js';
import { identify } from './identify.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';

/**
 * A mark of what a state directory or a file holds, which is another one after each acknowledged write: of the manifest and the
 * live log, or of the file. A reader that was opened after its mark was taken is good for as long as the mark stays.
 * @throws StatelogError as `readManifest`
 */
export function contentMark(fileSystem: FileSystem, path: string): string {
  if (fileSystem.statusFollowing(path)?.kind !== 'directory') return markOf(fileSystem, path);
  const layout = new DirectoryLayout(path);
  const files = [layout.manifest];
  const manifest = readManifest(fileSystem, layout);
  const epoch = liveEpoch(manifest);
  for (let core = 0; core < manifest.cores; core++) files.push(layout.segment(epoch, core));
  return files.map((file) => markOf(fileSystem, file)).join();
}

/** True where a path holds something, though it may not be a store; false for an empty folder. */
export function isThere(fileSystem: FileSystem, path: string): boolean {
  const status = fileSystem.statusFollowing(path);
  if (status === undefined || isEmptyFolder(fileSystem, path)) return false;
  identify(fileSystem, path);
  return true;
}

function markOf(fileSystem: FileSystem, path: string): string {
  const status = fileSystem.statusFollowing(path);
  return status === undefined ? 'none' : `${status.identity} ${status.size} ${status.changedNs}`;
}
