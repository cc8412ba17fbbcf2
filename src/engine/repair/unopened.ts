import { join } from 'node:path';
import type { Finding } from '../finding.js';
import { unopenedFinding } from '../inspect/unreadable.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { composedFileSystem } from '../storage-io/views/composed-file-system.js';

/**
 * The files below a folder that cannot be opened, and a file system that lacks them: so they stop nothing of
 * the rest.
 */
export interface Openable {
  readonly fileSystem: FileSystem;
  readonly findings: readonly Finding[];
}

/** Opens each file below a folder once. Links to folders are not followed. */
export function openableBelow(fileSystem: FileSystem, path: string): Openable {
  if (fileSystem.statusFollowing(path)?.kind !== 'directory') return { fileSystem, findings: [] };
  const findings = [...unopenedBelow(fileSystem, path)];
  if (findings.length === 0) return { fileSystem, findings };
  const hidden = new Set(findings.map(({ file }) => file));
  return { fileSystem: composedFileSystem(fileSystem, { files: new Map(), hidden }), findings };
}

function* unopenedBelow(fileSystem: FileSystem, folder: string): Generator<Finding, void> {
  for (const name of fileSystem.readDirectory(folder)) {
    const path = join(folder, name);
    const isFolder = fileSystem.status(path)?.kind === 'directory';
    try {
      if (isFolder) yield* unopenedBelow(fileSystem, path);
      else if (fileSystem.statusFollowing(path)?.kind === 'file') fileSystem.close(fileSystem.openRead(path));
    } catch (error) {
      const finding = unopenedFinding(error, path);
      if (finding === undefined) throw error;
      yield finding;
    }
  }
}
