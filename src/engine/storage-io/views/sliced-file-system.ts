import { StatelogError } from '../../errors.js';
import { closeQuietly } from '../whole/atomic-write.js';
import type { FileDescriptor, FileStatus, FileSystem } from '../interface/file-system.js';
import { withReplaced } from './replaced-members.js';

/** Where a file lies within another. */
export interface FileSlice {
  /** The file that holds it. */
  readonly path: string;
  /** Bytes. */
  readonly start: number;
  readonly length: number;
  /** What that file was when the slice was found. */
  readonly holder: Pick<FileStatus, 'identity' | 'size' | 'modifiedNs'>;
}

/**
 * A file system with more files in it: parts of others, such as a tar's entries, which are read where
 * they lie. They can be opened for reading and nothing else; a file that was replaced or changed since its
 * slices were found is refused.
 * @param slices by path
 */
export function slicedFileSystem(fileSystem: FileSystem, slices: ReadonlyMap<string, FileSlice>): FileSystem {
  const open = new Map<FileDescriptor, FileSlice>();
  const statusOfSlice = ({ path, length }: FileSlice): FileStatus | undefined => {
    const status = fileSystem.statusFollowing(path);
    return status === undefined ? undefined : { ...status, size: length };
  };
  const replaced: Partial<FileSystem> = {
    openRead: (path, links) => {
      const slice = slices.get(path);
      if (slice === undefined) return fileSystem.openRead(path, links);
      const descriptor = fileSystem.openRead(slice.path);
      try {
        if (!isHolder(fileSystem.statusOf(descriptor), slice)) throw changedMeanwhile(slice.path);
      } catch (error) {
        closeQuietly(fileSystem, descriptor);
        throw error;
      }
      open.set(descriptor, slice);
      return descriptor;
    },
    read: (descriptor, into, offset, length, position) => {
      const slice = open.get(descriptor);
      if (slice === undefined) return fileSystem.read(descriptor, into, offset, length, position);
      const count = Math.min(length, Math.max(0, slice.length - position));
      return count === 0 ? 0 : fileSystem.read(descriptor, into, offset, count, slice.start + position);
    },
    dataFrom: (descriptor, position) => {
      const slice = open.get(descriptor);
      if (slice === undefined) return fileSystem.dataFrom(descriptor, position);
      const from = fileSystem.dataFrom(descriptor, slice.start + position) - slice.start;
      return from < slice.length ? from : Infinity;
    },
    close: (descriptor) => {
      open.delete(descriptor);
      fileSystem.close(descriptor);
    },
    statusOf: (descriptor) => {
      const slice = open.get(descriptor);
      const status = fileSystem.statusOf(descriptor);
      return slice === undefined ? status : { ...status, size: slice.length };
    },
    status: (path) => {
      const slice = slices.get(path);
      return slice === undefined ? fileSystem.status(path) : statusOfSlice(slice);
    },
    statusFollowing: (path) => {
      const slice = slices.get(path);
      return slice === undefined ? fileSystem.statusFollowing(path) : statusOfSlice(slice);
    },
    // A mapping starts where its file does.
    canMap: false,
    map: () => undefined,
  };
  return withReplaced(fileSystem, replaced);
}

function isHolder(status: FileStatus, { holder }: FileSlice): boolean {
  const { identity, size, modifiedNs } = holder;
  return status.identity === identity && status.size === size && status.modifiedNs === modifiedNs;
}

function changedMeanwhile(path: string): StatelogError {
  return new StatelogError('IO_FAILED', `${path} was changed while it was read`, {
    path,
    operation: 'open',
    hint: 'something else writes to the file: run it again',
  });
}
