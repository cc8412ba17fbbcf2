import { basename, dirname, join } from 'node:path';
import { DirectoryLayout } from '../directory/manifest/layout.js';
import type { StatelogError } from '../errors.js';
import { isBrokenCopyOf } from '../fold/write/torn-tail-copy.js';
import { anchoredPlace, anchoredStore } from '../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { callEach } from '../storage-io/whole/close-each.js';
import { namesIn } from '../storage-io/views/names-in.js';
import { isBrokenSegmentCopy } from '../wal/recover/broken-copy.js';

/** A store that recovery may have cut. */
export interface CutStore {
  readonly kind: 'directory' | 'log';
  readonly path: string;
}

/** Copies of what was cut, and the bytes that they have together. */
export interface BrokenCopies {
  readonly paths: readonly string[];
  readonly bytes: number;
}

/**
 * The copies of what recovery and repair cut from a store: in its `broken/`, or beside a fold log.
 * @param onUnlisted is told where they cannot be listed
 */
export function brokenCopies(
  fileSystem: FileSystem,
  { kind, path }: CutStore,
  onUnlisted?: (error: StatelogError) => void,
): BrokenCopies {
  const folder = kind === 'directory' ? new DirectoryLayout(path).broken : dirname(path);
  const isCopy = kind === 'directory' ? isBrokenSegmentCopy : ofLog(basename(path));
  const paths: string[] = [];
  let bytes = 0;
  for (const name of namesIn(fileSystem, folder, onUnlisted).filter(isCopy)) {
    const status = fileSystem.status(join(folder, name));
    if (status?.kind !== 'file') continue;
    paths.push(join(folder, name));
    bytes += status.size;
  }
  return { paths, bytes };
}

/**
 * Removes them. What else lies there stays.
 * @throws StatelogError what listing and removing throw
 */
export function dropBrokenCopies(disk: FileSystem, store: CutStore): BrokenCopies {
  const { kind, path } = store;
  const fileSystem = kind === 'directory' ? anchoredStore(disk, path) : anchoredPlace(disk, path);
  const copies = brokenCopies(fileSystem, store, (error) => {
    throw error;
  });
  callEach(
    copies.paths.map((copy) => () => {
      fileSystem.remove(copy);
    }),
  );
  return copies;
}

function ofLog(logName: string): (name: string) => boolean {
  return (name) => isBrokenCopyOf(name, logName);
}
