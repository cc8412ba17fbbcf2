import { join } from 'node:path';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { liveEpoch } from '../../directory/manifest/manifest.js';
import { readManifest } from '../../directory/manifest/manifest-file.js';
import { identify } from '../../inspect/identify.js';
import { toHex } from '../../bytes/text/text.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';

/** The facts by which a change of a store is noticed without reading it. */
export interface StorePrint {
  /** Another text after each change. */
  readonly print: string;
  /** The id of a state directory, in hex; undefined for a fold log. */
  readonly storeId: string | undefined;
}

/**
 * Looks at the files of a store that each change changes.
 * @throws StatelogError as `identify` and `readManifest`
 */
export function storePrint(fileSystem: FileSystem, path: string): StorePrint {
  if (identify(fileSystem, path).kind !== 'directory')
    return { print: fileMark(fileSystem, path), storeId: undefined };
  const layout = new DirectoryLayout(path);
  const manifest = readManifest(fileSystem, layout);
  const folder = layout.walOf(liveEpoch(manifest));
  const segments = manifest.checkpoints.map(({ epoch }) => String(epoch));
  for (let coreId = 0; coreId < manifest.cores; coreId++)
    segments.push(fileMark(fileSystem, join(folder, `wal-${coreId}.log`)));
  return { print: segments.join(' '), storeId: toHex(manifest.storeId) };
}

function fileMark(fileSystem: FileSystem, path: string): string {
  const status = fileSystem.statusFollowing(path);
  return status === undefined ? 'none' : `${status.identity}:${status.size}:${status.changedNs}`;
}
