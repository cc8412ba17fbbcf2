import { isStatelogError } from '../../../src/engine/errors.js';
import type { FileStatus } from '../../../src/engine/storage-io/interface/file-system.js';
import {
  notAFileError,
  systemError,
  twoPathError,
} from '../../../src/engine/storage-io/interface/system-error.js';
import type { SimulatedDisk } from './disk.js';
import type { NodeId } from './effect.js';
import type { DiskNode, FileNode, FolderNode } from './node.js';
import type { Place } from './path-walk.js';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** The place of a name that nothing has yet. @throws StatelogError `ALREADY_EXISTS` */
export function vacantPlace(disk: SimulatedDisk, operation: string, path: string): Place {
  const place = disk.walk(operation, path, false);
  if (place.node !== undefined) throw systemError(operation, path, 'EEXIST');
  return place;
}

/** The file to open. */
export function existingFile(
  disk: SimulatedDisk,
  operation: string,
  path: string,
  follow: boolean,
): FileNode {
  const { node } = disk.walk(operation, path, follow);
  if (node === undefined) throw systemError(operation, path, 'ENOENT');
  if (node.kind !== 'file') throw notAFileError(operation, path, node.kind);
  return node;
}

/** Everything belongs to one user. */
export const OWNER = 1000;

/** The folder to list or sync. */
export function existingFolder(disk: SimulatedDisk, operation: string, path: string): FolderNode {
  const { node } = disk.walk(operation, path, true);
  if (node === undefined) throw systemError(operation, path, 'ENOENT');
  if (node.kind !== 'directory') throw systemError(operation, path, 'ENOTDIR');
  return node;
}

/** Makes a second name for a file. */
export function linkName(disk: SimulatedDisk, existing: string, path: string): void {
  const [source, target] = walkBoth(disk, 'link', existing, path);
  const errno = linkErrno(source, target);
  if (errno !== undefined) throw twoPathError('link', existing, path, errno);
  disk.changeEntries([{ folder: target.folder.id, name: target.name, target: source.node!.id }]);
}

function linkErrno(source: Place, target: Place): string | undefined {
  if (target.node !== undefined) return 'EEXIST';
  return source.node?.kind === 'directory' ? 'EPERM' : undefined;
}

/** Copies a file to a new name; the copy is not durable. */
export function copyName(disk: SimulatedDisk, from: string, to: string): void {
  const kind = statusAt(disk, 'copy', from, true)?.kind;
  if (kind === undefined) throw systemError('copy', from, 'ENOENT');
  const source = existingFile(disk, 'copy', from, true);
  const id = disk.createFile(vacantPlace(disk, 'copy', to));
  disk.write(id, 0, source.cached.bytes, 0, source.cached.size);
}

/** Takes a name from a file or an empty folder; the file lives on while it is open. */
export function removeName(disk: SimulatedDisk, operation: 'unlink' | 'rmdir', path: string): void {
  const { folder, name, node } = disk.walk(operation, path, false);
  const errno = node === undefined ? 'ENOENT' : removalErrno(operation, node, name);
  if (errno !== undefined) throw systemError(operation, path, errno);
  disk.changeEntries([{ folder: folder.id, name, target: undefined }]);
}

function removalErrno(operation: 'unlink' | 'rmdir', node: DiskNode, name: string): string | undefined {
  if (operation === 'unlink') return node.kind === 'directory' ? 'EISDIR' : undefined;
  if (node.kind !== 'directory') return 'ENOTDIR';
  if (name === '') return 'EBUSY';
  return node.cached.size > 0 ? 'ENOTEMPTY' : undefined;
}

/** Gives a file or folder another name, in the place of what had it. */
export function renameName(disk: SimulatedDisk, from: string, to: string, exclusive: boolean): void {
  const [source, target] = walkBoth(disk, 'rename', from, to);
  const errno = renameErrno(disk, source, target, exclusive);
  if (errno !== undefined) throw twoPathError('rename', from, to, errno);
  if (source.node === undefined || source.node === target.node) return;
  disk.changeEntries([
    { folder: source.folder.id, name: source.name, target: undefined },
    { folder: target.folder.id, name: target.name, target: source.node.id },
  ]);
}

function walkBoth(
  disk: SimulatedDisk,
  operation: 'rename' | 'link',
  from: string,
  to: string,
): readonly [Place, Place] {
  try {
    const source = disk.walk(operation, from, false);
    // A link looks for what is there first, a rename for both folders.
    if (operation === 'link' && source.node === undefined) throw systemError('link', from, 'ENOENT');
    return [source, disk.walk(operation, to, false)];
  } catch (error) {
    if (!isStatelogError(error)) throw error;
    throw twoPathError(operation, from, to, error.details.errno ?? 'EIO');
  }
}

function renameErrno(
  disk: SimulatedDisk,
  source: Place,
  target: Place,
  exclusive: boolean,
): string | undefined {
  const { node } = source;
  if (node === undefined) return 'ENOENT';
  if (source.name === '' || target.name === '') return 'EBUSY';
  if (exclusive && target.node !== undefined) return 'EEXIST';
  if (node === target.node) return undefined;
  if (node.kind !== 'directory') return target.node?.kind === 'directory' ? 'EISDIR' : undefined;
  if (isWithin(disk, target.folder, node.id)) return 'EINVAL';
  if (target.node === undefined) return undefined;
  if (target.node.kind !== 'directory') return 'ENOTDIR';
  return target.node.cached.size > 0 ? 'ENOTEMPTY' : undefined;
}

function isWithin(disk: SimulatedDisk, folder: FolderNode, ancestor: NodeId): boolean {
  for (let id: NodeId | undefined = folder.id; id !== undefined; id = parentOf(disk, id)?.folder.id) {
    if (id === ancestor) return true;
  }
  return false;
}

/** The path of a folder or file, by its first name. */
export function pathOfNode(disk: SimulatedDisk, id: NodeId): string {
  const names: string[] = [];
  for (let parent = parentOf(disk, id); parent !== undefined; parent = parentOf(disk, parent.folder.id)) {
    names.unshift(parent.name);
  }
  return `/${names.join('/')}`;
}

function parentOf(disk: SimulatedDisk, id: NodeId): { folder: FolderNode; name: string } | undefined {
  for (const folder of disk.nodes) {
    if (folder.kind !== 'directory') continue;
    for (const name of folder.cached.names()) if (folder.cached.get(name) === id) return { folder, name };
  }
  return undefined;
}

/** What lies at a path; undefined where nothing does, also because a part of it is no folder. */
export function statusAt(
  disk: SimulatedDisk,
  operation: string,
  path: string,
  follow: boolean,
): FileStatus | undefined {
  try {
    const { node } = disk.walk(operation, path, follow);
    return node === undefined ? undefined : statusOfNode(disk, node);
  } catch (error) {
    if (isStatelogError(error, 'NOT_FOUND') || isStatelogError(error, 'NOT_A_DIRECTORY')) return undefined;
    throw error;
  }
}

export function statusOfNode(disk: SimulatedDisk, node: DiskNode): FileStatus {
  return {
    kind: node.kind,
    size: node.kind === 'file' ? node.cached.size : 0,
    identity: `simulated:${node.id}`,
    modifiedNs: BigInt(node.modified),
    changedNs: BigInt(node.modified),
    mode: node.kind === 'directory' ? FOLDER_MODE : FILE_MODE,
    owner: OWNER,
    group: OWNER,
    linkCount: disk.linkCount(node.id),
  };
}
