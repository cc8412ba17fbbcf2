import { STANDARD_INPUT_NAME } from '../../engine/bytes/text/command-hints.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { watchedFileSystem } from '../../engine/storage-io/views/watched-file-system.js';
import { byteInput } from './byte-input.js';
import type { ReadingProgress } from './progress.js';
import type { Terminal } from './terminal.js';

/** A file system that shows a waiting user how far each file was read. @param progress undefined where nobody would see it */
export function watchedReading(fileSystem: FileSystem, progress: ReadingProgress | undefined): FileSystem {
  if (progress === undefined) return fileSystem;
  return watchedFileSystem(fileSystem, (path, position, size) => {
    progress.read(path, position, size);
  });
}

/** The bytes of `byteInput`, of which a waiting user sees how far they were read, where they are a file's. */
export async function* watchedInput(
  path: string,
  terminal: Terminal,
  progress: ReadingProgress | undefined,
): AsyncGenerator<Uint8Array, void> {
  const size = progress === undefined ? undefined : await fileSize(path);
  let position = 0;
  for await (const chunk of byteInput(path, terminal)) {
    if (size !== undefined) progress?.read(path, position, size);
    position += chunk.length;
    yield chunk;
  }
}

/** Undefined for standard input, and all else whose end nobody knows. */
async function fileSize(path: string): Promise<number | undefined> {
  if (path === STANDARD_INPUT_NAME) return undefined;
  const { realFileSystem } = await import('../../engine/storage-io/real/real-file-system.js');
  const status = realFileSystem().statusFollowing(path);
  return status?.kind === 'file' ? status.size : undefined;
}
