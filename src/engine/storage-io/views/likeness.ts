import { isStatelogError } from '../../errors.js';
import type { FileDescriptor, FileStatus, FileSystem } from '../interface/file-system.js';
import { closeQuietly } from '../whole/atomic-write.js';

const GROUP_BITS = 0o070;

/** The status of a file or folder that others are made like, and its access list where it has one. */
export interface Likeness extends FileStatus {
  readonly accessList?: Uint8Array | undefined;
}

/** Rights that a file or folder is given. */
export interface Rights {
  readonly mode: number;
  /** The access list that belongs to the mode: the mode's group bits are its mask then. */
  readonly list: Uint8Array | undefined;
  /** Whether the list itself is given, too. */
  readonly givesList: boolean;
}

/** Looks at a path to make others like what is there; links are followed. Undefined where nothing is there. */
export function likenessOf(fileSystem: FileSystem, path: string): Likeness | undefined {
  const status = fileSystem.statusFollowing(path);
  // A mask without rights: the list gives nothing to anybody.
  if (status === undefined || (status.mode & GROUP_BITS) === 0) return status;
  if (status.kind !== 'file' && status.kind !== 'directory') return status;
  try {
    const open = status.kind === 'file' ? fileSystem.openRead(path) : fileSystem.openDirectory(path);
    try {
      return { ...status, accessList: fileSystem.accessLists?.of(open) };
    } finally {
      closeQuietly(fileSystem, open);
    }
  } catch (error) {
    // Whoever needs the file meets the same failure, and tells it.
    if (!isStatelogError(error)) throw error;
    return status;
  }
}

/**
 * Sets the rights of what was made. Where a list is not given itself, the group gets what its own entry grants, and not the mask, which stands for
 * the users that the list names; unless what was made has a list from its folder: the mask is that list's then.
 */
export function giveRights(fileSystem: FileSystem, made: FileDescriptor, rights: Rights): void {
  const { mode, list, givesList } = rights;
  if (list === undefined) fileSystem.changeMode(made, mode);
  else if (givesList) fileSystem.accessLists?.change(made, list);
  else {
    const hasOwn = fileSystem.accessLists?.of(made) !== undefined;
    fileSystem.changeMode(made, hasOwn ? mode : mode & (~GROUP_BITS | groupBitsOf(list)));
  }
}

/** Linux's posix_acl_xattr: a version (u32), then entries of tag (u16), rights (u16) and id (u32), little-endian. */
const HEADER_BYTES = 4;
const ENTRY_BYTES = 8;
const RIGHTS_AT = 2;
const TAG_OF_GROUP = 4;

/** The group's own entry of an access list, as the group bits of a mode. */
function groupBitsOf(list: Uint8Array): number {
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  for (let at = HEADER_BYTES; at + ENTRY_BYTES <= list.length; at += ENTRY_BYTES) {
    if (view.getUint16(at, true) === TAG_OF_GROUP) return view.getUint16(at + RIGHTS_AT, true) << 3;
  }
  return 0;
}
