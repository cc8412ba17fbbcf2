import path from 'node:path';
import type { FileDescriptor, FileSystem } from '../../src/engine/storage-io/interface/file-system.js';
import { systemError } from '../../src/engine/storage-io/interface/system-error.js';
import { withReplaced } from '../../src/engine/storage-io/views/replaced-members.js';

const SECTOR_BYTES = 512;

/** How a disk fails, by the names of files. */
export interface DiskFaults {
  /** Stretches that it does not give out: a read that touches one of them fails, whatever else it asks for. */
  readonly bad?: readonly { readonly name: string; readonly offset: number; readonly bytes: number }[];
  /** Files that cannot be opened, and what the system says. */
  readonly unopened?: Readonly<Record<string, string>>;
  /** Only what lies here fails. */
  readonly within?: string;
  /** Told of each read that failed. */
  readonly onFailure?: (position: number, length: number) => void;
  /** Called before each read of a file. */
  readonly beforeRead?: (name: string, position: number) => void;
}

/** A file system whose disk fails in places, as a bad one does: each time, and only there. */
export function failingDisk(fileSystem: FileSystem, faults: DiskFaults): FileSystem {
  const { bad = [], unopened = {}, within, onFailure, beforeRead } = faults;
  const names = new Map<FileDescriptor, string>();
  return withReplaced(fileSystem, {
    openRead: (file, links) => {
      const name = within === undefined || file.startsWith(within) ? path.basename(file) : '';
      const errno = unopened[name];
      if (errno !== undefined) throw systemError('open', file, errno);
      const descriptor = fileSystem.openRead(file, links);
      names.set(descriptor, name);
      return descriptor;
    },
    read: (descriptor, into, offset, length, position) => {
      const name = names.get(descriptor);
      if (name !== undefined) beforeRead?.(name, position);
      const isBad = bad.some((one) => {
        // A sector fails whole.
        const start = one.offset - (one.offset % SECTOR_BYTES);
        const end = Math.ceil((one.offset + one.bytes) / SECTOR_BYTES) * SECTOR_BYTES;
        return one.name === name && start < position + length && position < end;
      });
      if (!isBad) return fileSystem.read(descriptor, into, offset, length, position);
      onFailure?.(position, length);
      into.fill(0xaa, offset, offset + length);
      throw systemError('read', name, 'EIO', undefined, position);
    },
    // A mapping of a bad page ends the process.
    canMap: false,
    map: () => undefined,
  });
}
