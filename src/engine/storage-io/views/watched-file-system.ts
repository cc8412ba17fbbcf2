import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { withReplaced } from './replaced-members.js';

/** Told of each read, before it: where in which file it begins. */
export type ReadWatcher = (path: string, position: number, size: number) => void;

/**
 * A file system that reports each read of a file that was opened through it, so that a caller of long work
 * sees how far it is. What is read through a mapping is not told of.
 */
export function watchedFileSystem(fileSystem: FileSystem, onRead: ReadWatcher): FileSystem {
  const open = new Map<FileDescriptor, { readonly path: string; readonly size: number }>();
  const replaced: Partial<FileSystem> = {
    openRead: (path, links) => {
      const descriptor = fileSystem.openRead(path, links);
      open.set(descriptor, { path, size: fileSystem.statusOf(descriptor).size });
      return descriptor;
    },
    read: (descriptor, into, offset, length, position) => {
      const file = open.get(descriptor);
      if (file !== undefined) onRead(file.path, position, file.size);
      return fileSystem.read(descriptor, into, offset, length, position);
    },
    nameDescriptor: (descriptor, path) => {
      const file = open.get(descriptor);
      if (file !== undefined) open.set(descriptor, { ...file, path });
      fileSystem.nameDescriptor(descriptor, path);
    },
    close: (descriptor) => {
      open.delete(descriptor);
      fileSystem.close(descriptor);
    },
  };
  return withReplaced(fileSystem, replaced);
}
