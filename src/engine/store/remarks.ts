import { join } from 'node:path';
import { commandText } from '../bytes/text/command-hints.js';
import { isStatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { brokenCopies, type CutStore } from './broken-copies.js';

const WRITABLE_BY_ALL = 0o002;
/** The number of copies from which on they are worth a remark: more than an accident or two leaves behind. */
const COPIES_TOLD_FROM = 16;

/**
 * Remarks about a store as it lies on disk, whatever it holds. Where it cannot be told it is not worth an
 * error.
 */
export function remarksOn(fileSystem: FileSystem, store: CutStore): Finding[] {
  try {
    return [...openToAll(fileSystem, store.path), ...manyCopies(fileSystem, store)];
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    return [];
  }
}

/** A notice where every user of this host may write to a store. */
export function openToAll(fileSystem: FileSystem, path: string): Finding[] {
  const status = fileSystem.statusFollowing(path);
  if (status === undefined || (status.mode & WRITABLE_BY_ALL) === 0) return [];
  return [
    {
      severity: 'notice',
      class: 'open-to-all',
      file: path,
      offset: 0,
      bytes: 0,
      message: 'every user of this host may write to it',
      hint: `to let only its owner and group, run ${commandText('chmod', 'o-w', path)}`,
    },
  ];
}

function manyCopies(fileSystem: FileSystem, store: CutStore): Finding[] {
  const { paths, bytes } = brokenCopies(fileSystem, store);
  if (paths.length < COPIES_TOLD_FROM) return [];
  const { kind, path } = store;
  return [
    {
      severity: 'notice',
      class: 'broken-copy',
      file: kind === 'directory' ? join(path, 'broken') : path,
      offset: 0,
      bytes: 0,
      message: `${paths.length} copies of what recovery cut lie there, ${bytes} bytes`,
      hint: `when nobody needs them any more, run ${commandText('statelog', 'compact', path, '--drop-broken')}`,
    },
  ];
}
