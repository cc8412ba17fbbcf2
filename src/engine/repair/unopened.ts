import { join } from 'node:path';
import type { StatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import { unopenedFinding } from '../inspect/unreadable.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { namesIn } from '../storage-io/views/names-in.js';
import { composedFileSystem } from '../storage-io/views/composed-file-system.js';

/** Names that files of ours have. */
const FILE_NAME = /^(wal-\d{1,5}\.log|state-\d{1,5}\.(db|idx))$/;

/**
 * The files below a folder that cannot be opened and the folders that cannot be listed, and a file system that lacks them, and
 * whatever else lies in a file's place: so they stop nothing of the rest.
 */
export interface Openable {
  readonly fileSystem: FileSystem;
  readonly findings: readonly Finding[];
}

/** Lists each folder below a folder, and opens each file, once. Links to folders are not followed. */
export function openableBelow(fileSystem: FileSystem, path: string): Openable {
  if (fileSystem.statusFollowing(path)?.kind !== 'directory') return { fileSystem, findings: [] };
  const hidden = new Set<string>();
  const findings = [...unopenedBelow(fileSystem, path, hidden)];
  for (const { file } of findings) hidden.add(file);
  if (hidden.size === 0) return { fileSystem, findings };
  return { fileSystem: composedFileSystem(fileSystem, { files: new Map(), hidden }), findings };
}

/** @param others given what is no file, in a place where one belongs */
function* unopenedBelow(
  fileSystem: FileSystem,
  folder: string,
  others: Set<string>,
): Generator<Finding, void> {
  let unlisted: StatelogError | undefined;
  const names = namesIn(fileSystem, folder, (error) => (unlisted = error));
  if (unlisted !== undefined) yield unopenedFinding(unlisted, folder);
  for (const name of names) {
    const path = join(folder, name);
    const isFolder = fileSystem.status(path)?.kind === 'directory';
    try {
      const kind = fileSystem.statusFollowing(path)?.kind;
      const isNoFile = kind === 'directory' ? FILE_NAME.test(name) : kind !== undefined && kind !== 'file';
      if (isNoFile) others.add(path);
      if (isFolder) yield* unopenedBelow(fileSystem, path, others);
      else if (kind === 'file') fileSystem.close(fileSystem.openRead(path));
    } catch (error) {
      yield unopenedFinding(error, path);
    }
  }
}
