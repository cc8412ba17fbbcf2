import { toUtf8 } from '../bytes/text.js';
import { replaceFile } from '../storage-io/atomic-write.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { realFileSystem } from '../storage-io/real-file-system.js';

/** Writes a report in a file's place, whole or not at all. */
export function writeReport(path: string, text: string, fileSystem: FileSystem = realFileSystem()): void {
  replaceFile(fileSystem, path, toUtf8(text));
}
