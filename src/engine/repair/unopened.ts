import { join } from 'node:path';
import type { Finding } from '../finding.js';
import { unopenedFinding } from '../inspect/unreadable.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { composedFileSystem } from '../storage-io/views/composed-file-system.js';

/** Names that files of ours have. */
const FILE_NAME = /^(wal-\d{1,5}\.log|state-\d{1,5}\.(db|idx))$/;

/**
 * The files below a folder that cannot be opened, and a file system that lacks them, and whatever else lies in a file's place:
 * so they stop nothing of the rest.
 */
export interface Openable {
  readonly fileSystem: FileSystem;
  readonly findings: readonly Finding[];
}

/** Opens each file below a folder once. Links to folders are not followed. */
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
  for (const name of fileSystem.readDirectory(folder)) {
    const path = join(folder, name);
    const isFolder = fileSystem.status(path)?.kind === 'directory';
    try {
      const kind = fileSystem.statusFollowing(path)?.kind;
      const isNoFile = kind === 'directory' ? FILE_NAME.test(name) : kind !== undefined && kind !== 'file';
      if (isNoFile) others.add(path);
      if (isFolder) yield* unopenedBelow(fileSystem, path, others);
      else if (kind === 'file') fileSystem.close(fileSystem.openRead(path));
    } catch (error) {
      const finding = unopenedFinding(error, path);
      if (finding === undefined) throw error;
      yield finding;
    }
  }
}
