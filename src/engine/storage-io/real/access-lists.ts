import { systemError } from '../interface/system-error.js';
import type { AccessLists, FileDescriptor } from '../interface/file-system.js';
import { nativeLibrary } from './native-library.js';

/** The extended attribute in which Linux shows the access list. */
const ATTRIBUTE = 'system.posix_acl_access';
/** Linux's XATTR_SIZE_MAX, in bytes. */
const LIST_BYTES_MAX = 65_536;

/** The access lists of this machine's disk. @param pathOf names an open file in errors */
export function realAccessLists(pathOf: (descriptor: FileDescriptor) => string | undefined): AccessLists {
  return {
    of: (descriptor) => {
      const list = new Uint8Array(LIST_BYTES_MAX);
      const length = nativeLibrary()?.fgetxattr?.(descriptor, ATTRIBUTE, list, list.length);
      return length !== undefined && length > 0 ? list.slice(0, Number(length)) : undefined;
    },
    change: (descriptor, list) => {
      const library = nativeLibrary();
      const changed = library?.fsetxattr?.(descriptor, ATTRIBUTE, list, list.length, 0);
      if (changed !== 0) throw systemError('fsetxattr', pathOf(descriptor), library?.errnoName() ?? 'ENOSYS');
    },
  };
}
