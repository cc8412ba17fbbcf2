import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifest } from '../../directory/manifest/manifest-file.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { identify } from '../identify.js';
import { keptLogs } from '../kept-logs.js';
import { readDirectoryStore } from '../open-directory.js';

/**
 * The state of a state directory before the oldest log that is kept, by key.
 * @returns undefined for anything else: nothing tells what was there before its records
 * @throws StatelogError what reading the manifest throws; the function, what reading that checkpoint does
 */
export function valueBelowLogs(
  fileSystem: FileSystem,
  path: string,
): ((key: Uint8Array) => Uint8Array | undefined) | undefined {
  if (identify(fileSystem, path).kind !== 'directory') return undefined;
  const [oldest] = keptLogs(readManifest(fileSystem, new DirectoryLayout(path)));
  const checkpoint = oldest?.before;
  if (checkpoint === undefined) return () => undefined;
  return (key) => {
    const store = readDirectoryStore(path, { fileSystem, at: checkpoint.epoch, only: key });
    try {
      return store.get(key)?.value;
    } finally {
      store.close();
    }
  };
}
