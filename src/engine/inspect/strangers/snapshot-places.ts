import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PAYLOAD_NAME, PAYLOADS_END, POINTER_END } from '../../artifact/format/snapshot-names.js';
import { commandText } from '../../bytes/text/command-hints.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { foldersIn, namesIn } from '../../storage-io/views/names-in.js';
import type { StrangeFolder } from './strange-folder.js';

const DEPTH_MAX = 3;
const FOLDERS_MAX = 200;

/** Snapshots below a folder that is laid out as a bucket is, at the nearest depth at which there are any. */
export function snapshotsBelow(fileSystem: FileSystem, folder: string): StrangeFolder | undefined {
  let folders = [folder];
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    const below: string[] = [];
    for (const one of folders) {
      const found = snapshotsIn(fileSystem, one);
      if (found !== undefined) return found;
      below.push(...foldersIn(fileSystem, one));
    }
    folders = below.slice(0, FOLDERS_MAX);
  }
  return undefined;
}

/** Snapshots of the key that a path would be in a bucket, or whose pointer a path is. */
export function snapshotsOf(fileSystem: FileSystem, path: string): StrangeFolder | undefined {
  const key = path.endsWith(POINTER_END) ? path.slice(0, -POINTER_END.length) : path;
  if (fileSystem.status(key + POINTER_END)?.kind !== 'file') return undefined;
  if (fileSystem.statusFollowing(key + PAYLOADS_END)?.kind !== 'directory') return undefined;
  const place = pathToFileURL(resolve(key)).href;
  return {
    message: 'snapshots lie here as in a bucket, and are read through a file:// URL',
    hint: `run ${commandText('statelog', 'verify', place)}, ${commandText('statelog', 'list', place)} or ${commandText('statelog', 'import', place, `${key}-store`)}`,
  };
}

function snapshotsIn(fileSystem: FileSystem, folder: string): StrangeFolder | undefined {
  const names = namesIn(fileSystem, folder);
  for (const name of names.filter((one) => one.endsWith(POINTER_END))) {
    const found = snapshotsOf(fileSystem, join(folder, name));
    if (found !== undefined) return found;
  }
  for (const name of names.filter((one) => one.endsWith(PAYLOADS_END))) {
    const payloads = join(folder, name);
    const newest = namesIn(fileSystem, payloads)
      .filter((one) => PAYLOAD_NAME.test(one))
      .sort()
      .at(-1);
    if (newest === undefined) continue;
    return {
      message: `snapshots lie here as in a bucket, and the pointer ${name.slice(0, -PAYLOADS_END.length)}${POINTER_END}, which says which is the newest, is missing`,
      hint: `put it back, or take the one of the highest number: ${commandText('statelog', 'verify', join(payloads, newest))}`,
    };
  }
  return undefined;
}
