import { join } from 'node:path';
import { StatelogError } from '../../errors.js';
import { copyByDescriptor } from '../whole/copy-by-descriptor.js';
import { closeQuietly } from '../whole/atomic-write.js';
import type { FileDescriptor, FileStatus, FileSystem } from '../interface/file-system.js';
import type { Unreadable } from '../interface/unreadable-spans.js';
import { withReplaced } from './replaced-members.js';

/** A part of a file, or all of it. */
export interface FileSlice {
  /** The file that holds it. */
  readonly path: string;
  /** Bytes. */
  readonly start: number;
  readonly length: number;
  /** Status of the file that holds the slice, when the slice was found. */
  readonly holder: Pick<FileStatus, 'identity' | 'size' | 'modifiedNs'>;
  /** Bytes to read in place of the file's: `start` then only says where in the file they would stand. */
  readonly bytes?: Uint8Array | undefined;
}

/** Files and folders that are there besides, or instead of, those on disk. */
export interface Composition {
  /** By path: what a file is made of, in order; never empty. */
  readonly files: ReadonlyMap<string, readonly FileSlice[]>;
  /** By path: all names in a folder. Below it nothing is there but what the composition names. */
  readonly folders?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Paths at which nothing is, nor below them. */
  readonly hidden?: ReadonlySet<string> | undefined;
  /** A folder on disk, which the folders of the composition pass for; needed where there are any. */
  readonly root?: string | undefined;
}

/** The place on disk of a composed file's byte. */
export interface SlicePlace {
  readonly path: string;
  readonly offset: number;
}

/** Finds the place of byte `offset` of a composed file; an offset behind its end is behind the last slice. */
export function placeInSlices(slices: readonly FileSlice[], offset: number): SlicePlace {
  let before = 0;
  for (const slice of slices) {
    if (offset < before + slice.length) return { path: slice.path, offset: slice.start + offset - before };
    before += slice.length;
  }
  const last = slices.at(-1)!;
  return { path: last.path, offset: last.start + last.length + offset - before };
}

/**
 * A file system with more files in it: put together from parts of others, such as a tar's entries or the records of a log that
 * lie in several files, which are read where they lie. They can be opened for reading, and copied; a file that was
 * replaced or changed since its slices were found is refused.
 */
export function composedFileSystem(fileSystem: FileSystem, composition: Composition): FileSystem {
  const { files, folders = new Map<string, readonly string[]>(), hidden, root = '/' } = composition;
  const open = new Map<FileDescriptor, OpenSlices>();
  const isHidden = (path: string): boolean =>
    [...(hidden ?? [])].some((one) => path === one || path.startsWith(`${one}/`)) ||
    (!files.has(path) && [...folders.keys()].some((folder) => path.startsWith(`${folder}/`)));
  const statusOfComposed = (path: string): FileStatus | undefined => {
    const slices = files.get(path);
    if (slices !== undefined) {
      const status = fileSystem.statusFollowing(slices[0]!.path);
      return status === undefined ? undefined : { ...status, size: bytesOf(slices) };
    }
    return folders.has(path) ? fileSystem.statusFollowing(root) : undefined;
  };
  const isComposed = (path: string): boolean => files.has(path) || folders.has(path);
  const openRead: FileSystem['openRead'] = (path, links) => {
    const slices = files.get(path);
    if (slices === undefined && isHidden(path)) throw notThere(path);
    if (slices === undefined) return fileSystem.openRead(path, links);
    const opened = OpenSlices.open(fileSystem, slices);
    open.set(opened.descriptor, opened);
    return opened.descriptor;
  };
  const replaced: Partial<FileSystem> = {
    openRead,
    read: (descriptor, into, offset, length, position) => {
      const opened = open.get(descriptor);
      if (opened === undefined) return fileSystem.read(descriptor, into, offset, length, position);
      return opened.read(into, offset, length, position);
    },
    dataFrom: (descriptor, position) =>
      open.get(descriptor)?.dataFrom(position) ?? fileSystem.dataFrom(descriptor, position),
    close: (descriptor) => {
      open.get(descriptor)?.closeOthers();
      open.delete(descriptor);
      fileSystem.close(descriptor);
    },
    statusOf: (descriptor) => {
      const status = fileSystem.statusOf(descriptor);
      const opened = open.get(descriptor);
      return opened === undefined ? status : { ...status, size: opened.bytes };
    },
    status: (path) => {
      if (isComposed(path)) return statusOfComposed(path);
      return isHidden(path) ? undefined : fileSystem.status(path);
    },
    statusFollowing: (path) => {
      if (isComposed(path)) return statusOfComposed(path);
      return isHidden(path) ? undefined : fileSystem.statusFollowing(path);
    },
    realPath: (path) => fileSystem.realPath(files.get(path)?.[0]?.path ?? path),
    readDirectory: (path) => {
      const names = folders.get(path) ?? fileSystem.readDirectory(path);
      return names.filter((name) => hidden?.has(join(path, name)) !== true);
    },
    copyFile: (from, to) => {
      if (!files.has(from)) fileSystem.copyFile(from, to);
      else copyByDescriptor(composedFileSystem(fileSystem, composition), from, to);
    },
    unreadable: unreadableThrough(fileSystem.unreadable, files),
    // A mapping starts where its file does.
    canMap: false,
    map: () => undefined,
  };
  return withReplaced(fileSystem, replaced);
}

/** Tells the unreadable places of a composed file by those of its slices. */
function unreadableThrough(
  unreadable: Unreadable | undefined,
  files: Composition['files'],
): Unreadable | undefined {
  if (unreadable === undefined) return undefined;
  const touches: Unreadable['touches'] = (path, offset, bytes) => {
    const slices = files.get(path);
    if (slices === undefined) return unreadable.touches(path, offset, bytes);
    let start = 0;
    return slices.some((slice) => {
      const from = Math.max(offset - start, 0);
      const to = Math.min(offset + bytes - start, slice.length);
      start += slice.length;
      return from < to && unreadable.touches(slice.path, slice.start + from, to - from);
    });
  };
  return {
    get isEmpty() {
      return unreadable.isEmpty;
    },
    touches,
    of: (path) => unreadable.of(path),
    takeNew: () => unreadable.takeNew(),
  };
}

/** A file system with more files in it, each of them one slice of another. */
export function slicedFileSystem(fileSystem: FileSystem, slices: ReadonlyMap<string, FileSlice>): FileSystem {
  return composedFileSystem(fileSystem, {
    files: new Map([...slices].map(([path, slice]) => [path, [slice]])),
  });
}

/** The files that a composed one is made of, while it is open. */
class OpenSlices {
  /** Descriptor of the first slice: it stands for the whole. */
  readonly descriptor: FileDescriptor;
  readonly bytes: number;
  readonly #fileSystem: FileSystem;
  readonly #slices: readonly FileSlice[];
  /** Start of each slice in the whole. */
  readonly #starts: readonly number[];
  /** By path. */
  readonly #descriptors: ReadonlyMap<string, FileDescriptor>;

  private constructor(
    fileSystem: FileSystem,
    slices: readonly FileSlice[],
    descriptors: ReadonlyMap<string, FileDescriptor>,
  ) {
    this.#fileSystem = fileSystem;
    this.#slices = slices;
    this.#descriptors = descriptors;
    this.descriptor = descriptors.get(slices[0]!.path)!;
    this.bytes = bytesOf(slices);
    let start = 0;
    this.#starts = slices.map(({ length }) => (start += length) - length);
  }

  static open(fileSystem: FileSystem, slices: readonly FileSlice[]): OpenSlices {
    const descriptors = new Map<string, FileDescriptor>();
    try {
      for (const slice of slices) {
        if (descriptors.has(slice.path)) continue;
        const descriptor = fileSystem.openRead(slice.path);
        descriptors.set(slice.path, descriptor);
        if (!isHolder(fileSystem.statusOf(descriptor), slice)) throw changedMeanwhile(slice.path);
      }
    } catch (error) {
      for (const descriptor of descriptors.values()) closeQuietly(fileSystem, descriptor);
      throw error;
    }
    return new OpenSlices(fileSystem, slices, descriptors);
  }

  read(into: Uint8Array, offset: number, length: number, position: number): number {
    let done = 0;
    for (let index = this.#sliceAt(position); index < this.#slices.length && done < length; index++) {
      const slice = this.#slices[index]!;
      const within = position + done - this.#starts[index]!;
      const wanted = Math.min(length - done, slice.length - within);
      const count = this.#readSlice(slice, into, offset + done, wanted, within);
      done += count;
      if (count < wanted) break;
    }
    return done;
  }

  #readSlice(slice: FileSlice, into: Uint8Array, offset: number, length: number, within: number): number {
    if (slice.bytes !== undefined) {
      into.set(slice.bytes.subarray(within, within + length), offset);
      return length;
    }
    const descriptor = this.#descriptors.get(slice.path)!;
    return this.#fileSystem.read(descriptor, into, offset, length, slice.start + within);
  }

  /** The slice that holds a position: there may be many. */
  #sliceAt(position: number): number {
    let low = 0;
    let high = this.#slices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! + this.#slices[middle]!.length > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Tells the holes of a single slice, as its file does; of several slices no holes are told. */
  dataFrom(position: number): number {
    const [slice] = this.#slices;
    if (this.#slices.length > 1 || slice === undefined) return position;
    const from = this.#fileSystem.dataFrom(this.descriptor, slice.start + position) - slice.start;
    return from < slice.length ? from : Infinity;
  }

  /** Closes all but the one that stands for the whole. */
  closeOthers(): void {
    for (const descriptor of this.#descriptors.values()) {
      if (descriptor !== this.descriptor) closeQuietly(this.#fileSystem, descriptor);
    }
  }
}

function bytesOf(slices: readonly FileSlice[]): number {
  return slices.reduce((sum, { length }) => sum + length, 0);
}

function isHolder(status: FileStatus, { holder }: FileSlice): boolean {
  const { identity, size, modifiedNs } = holder;
  return status.identity === identity && status.size === size && status.modifiedNs === modifiedNs;
}

function notThere(path: string): StatelogError {
  return new StatelogError('NOT_FOUND', 'there is nothing at this path', { path, operation: 'open' });
}

function changedMeanwhile(path: string): StatelogError {
  return new StatelogError('IO_FAILED', `${path} was changed while it was read`, {
    path,
    operation: 'open',
    hint: 'something else writes to the file: run it again',
  });
}
