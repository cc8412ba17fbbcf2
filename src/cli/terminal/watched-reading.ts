import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { watchedFileSystem } from '../../engine/storage-io/views/watched-file-system.js';
import type { ReadingProgress } from './progress.js';

/** A file system that shows a waiting user how far each file was read. @param progress undefined where nobody would see it */
export function watchedReading(fileSystem: FileSystem, progress: ReadingProgress | undefined): FileSystem {
  if (progress === undefined) return fileSystem;
  return watchedFileSystem(fileSystem, (path, position, size) => {
    progress.read(path, position, size);
  });
}
