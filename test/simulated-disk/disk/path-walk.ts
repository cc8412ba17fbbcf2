import { systemError } from '../../../src/engine/storage-io/interface/system-error.js';
import type { DiskNode, FolderNode } from './node.js';

/** Where a path leads: the folder and the name in it, and what is there, if anything is. */
export interface Place {
  readonly folder: FolderNode;
  /** Empty where the path ends in `/` or `..`. */
  readonly name: string;
  readonly node: DiskNode | undefined;
}

const LINKS_MAX = 40;
const REMEMBERED_PATHS_MAX = 10_000;
const remembered = new Map<string, readonly string[]>();
const PARENT = '..';

/**
 * Follows a path from the root, through symbolic links.
 * @throws StatelogError `NOT_FOUND`, `NOT_A_DIRECTORY` for what lies on the way; `NOT_A_FILE` for
 * links that go round
 */
export function walk(
  nodes: readonly DiskNode[],
  root: FolderNode,
  operation: string,
  path: string,
  followLast: boolean,
): Place {
  const names = namesOf(path);
  return walkPlainly(nodes, root, names) ?? walkAround(nodes, root, names, operation, path, followLast);
}

/** The common case, without links or `..` and with all folders there; undefined for all others. */
function walkPlainly(
  nodes: readonly DiskNode[],
  root: FolderNode,
  names: readonly string[],
): Place | undefined {
  const name = names.at(-1);
  if (name === undefined || names.includes(PARENT)) return undefined;
  let folder = root;
  for (let depth = 0; depth < names.length - 1; depth += 1) {
    const id = folder.cached.get(names[depth]!);
    const next = id === undefined ? undefined : nodes[id];
    if (next?.kind !== 'directory') return undefined;
    folder = next;
  }
  const id = folder.cached.get(name);
  const node = id === undefined ? undefined : nodes[id];
  return node?.kind === 'symlink' ? undefined : { folder, name, node };
}

function walkAround(
  nodes: readonly DiskNode[],
  root: FolderNode,
  names: readonly string[],
  operation: string,
  path: string,
  followLast: boolean,
): Place {
  const folders = [root];
  const left = [...names].reverse();
  for (let links = 0; ;) {
    const folder = folders.at(-1) ?? root;
    const name = left.pop();
    if (name === undefined) return { folder, name: '', node: folder };
    if (name === PARENT) {
      if (folders.length > 1) folders.pop();
      continue;
    }
    const id = folder.cached.get(name);
    const node = id === undefined ? undefined : nodes[id];
    if (node?.kind === 'symlink' && (left.length > 0 || followLast)) {
      links += 1;
      if (links > LINKS_MAX) throw systemError(operation, path, 'ELOOP');
      if (node.linkTarget.startsWith('/')) folders.length = 1;
      left.push(...[...namesOf(node.linkTarget)].reverse());
    } else if (left.length === 0) {
      return { folder, name, node };
    } else {
      folders.push(folderOnTheWay(node, operation, path));
    }
  }
}

function folderOnTheWay(node: DiskNode | undefined, operation: string, path: string): FolderNode {
  if (node === undefined) throw systemError(operation, path, 'ENOENT');
  if (node.kind !== 'directory') throw systemError(operation, path, 'ENOTDIR');
  return node;
}

function namesOf(path: string): readonly string[] {
  let names = remembered.get(path);
  if (names === undefined) {
    if (remembered.size >= REMEMBERED_PATHS_MAX) remembered.clear();
    names = path.split('/').filter((name) => name !== '' && name !== '.');
    remembered.set(path, names);
  }
  return names;
}
