import type { FileSystem } from '../interface/file-system.js';
import { systemError } from '../interface/system-error.js';

/**
 * Renames without replacing, for file systems that have no RENAME_NOREPLACE: a link never replaces. Folders cannot be linked: of
 * them it is looked at first.
 * @throws StatelogError `EEXIST` where something has the new name
 */
export function renameByLink(
  disk: Pick<FileSystem, 'status' | 'link' | 'remove' | 'rename'>,
  from: string,
  to: string,
): void {
  const kind = disk.status(from)?.kind;
  if (kind === 'file') {
    disk.link(from, to);
    disk.remove(from);
    return;
  }
  const occupied = kind !== undefined && disk.status(to) !== undefined;
  if (occupied) throw systemError('rename', to, 'EEXIST');
  disk.rename(from, to);
}
