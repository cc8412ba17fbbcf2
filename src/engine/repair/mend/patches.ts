import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import {
  composedFileSystem,
  placeInSlices,
  type FileSlice,
} from '../../storage-io/views/composed-file-system.js';
import type { Arrangement } from '../survey/arrangement.js';

/** Bytes of a file that others are read for. */
export interface Patch {
  readonly offset: number;
  /** How many bytes of the file it stands for. */
  readonly removed: number;
  readonly inserted: Uint8Array;
}

/** Files as they are once their patches are read in place of what stands there; nothing is written. */
export function patchedView(
  fileSystem: FileSystem,
  patches: ReadonlyMap<string, readonly Patch[]>,
): Arrangement {
  const files = new Map<string, readonly FileSlice[]>();
  for (const [path, ofFile] of patches) {
    const status = fileSystem.statusFollowing(path);
    if (status !== undefined) files.set(path, slicesOf(path, status, ofFile));
  }
  return {
    fileSystem: composedFileSystem(fileSystem, { files }),
    findings: [],
    placeOf: (path, offset) => {
      const slices = files.get(path);
      return slices === undefined ? { path, offset } : placeInSlices(slices, offset);
    },
  };
}

/** @param patches in the order of their offsets */
function slicesOf(path: string, holder: FileStatus, patches: readonly Patch[]): FileSlice[] {
  const slices: FileSlice[] = [];
  let at = 0;
  for (const { offset, removed, inserted } of patches) {
    if (offset > at) slices.push({ path, start: at, length: offset - at, holder });
    if (inserted.length > 0) {
      slices.push({ path, start: offset, length: inserted.length, holder, bytes: inserted });
    }
    at = offset + removed;
  }
  if (at < holder.size) slices.push({ path, start: at, length: holder.size - at, holder });
  return slices;
}
