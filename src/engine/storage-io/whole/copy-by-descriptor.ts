import { closeQuietly, removeQuietly } from './atomic-write.js';
import type { FileDescriptor, FileSystem } from '../interface/file-system.js';
import { copyRange } from '../paged/zero-runs.js';

/**
 * Copies a file to a new name, as `FileSystem.copyFile` does, by what is open alone: whatever becomes of either name
 * meanwhile, the bytes that were opened are in the file that was made, and nowhere else. Blocks are not shared.
 * @param created given the new file before anything is in it
 */
export function copyByDescriptor(
  fileSystem: FileSystem,
  from: string,
  to: string,
  created: (descriptor: FileDescriptor) => void = () => undefined,
): void {
  const source = fileSystem.openRead(from, 'refuse');
  try {
    const copy = fileSystem.createExclusive(to);
    try {
      created(copy);
      const { size } = fileSystem.statusOf(source);
      copyRange(fileSystem, { descriptor: source, offset: 0, end: size }, copy);
    } catch (error) {
      closeQuietly(fileSystem, copy);
      removeQuietly(fileSystem, to);
      throw error;
    }
    fileSystem.close(copy);
  } finally {
    closeQuietly(fileSystem, source);
  }
}
