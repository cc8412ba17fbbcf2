import type { FileSystem } from '../interface/file-system.js';
import { chunksWithData, type FileRange } from '../paged/zero-runs.js';

/** True where a file holds the very bytes of a range of another, and no more. */
export function holdsSame(fileSystem: FileSystem, path: string, range: FileRange): boolean {
  const status = fileSystem.status(path);
  if (status?.kind !== 'file' || status.size !== range.end - range.offset) return false;
  const descriptor = fileSystem.openRead(path, 'refuse');
  try {
    const copy = chunksWithData(fileSystem, { descriptor, offset: 0, end: status.size });
    for (const { bytes, position } of chunksWithData(fileSystem, range)) {
      const other = copy.next();
      if (other.done === true || other.value.position !== position) return false;
      if (!bytes.equals(other.value.bytes)) return false;
    }
    return copy.next().done === true;
  } finally {
    fileSystem.close(descriptor);
  }
}
