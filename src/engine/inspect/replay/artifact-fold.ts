import { join } from 'node:path';
import { APPEND_LOG_BACKEND, FOLD_PATH } from '../../artifact/backends/append-log-artifact.js';
import { throwFault } from '../../artifact/format/artifact-check.js';
import { locateArtifact } from '../../artifact/read/open-artifact.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';

/** A fold log that is part of something else. */
export interface ContainedFold {
  /** Shows the log as if it lay in a folder at the artifact's path. */
  readonly fileSystem: FileSystem;
  readonly path: string;
}

/**
 * The fold log in an artifact, a folder or a tar, all of which is verified first.
 * @returns undefined where its content is no log
 * @throws StatelogError as `locateArtifact` for what is wrong with it
 */
export function foldOfArtifact(fileSystem: FileSystem, path: string): ContainedFold | undefined {
  const located = locateArtifact(fileSystem, path, throwFault(path));
  if (located.manifest?.backend !== APPEND_LOG_BACKEND) return undefined;
  return { fileSystem: located.fileSystem, path: join(path, FOLD_PATH) };
}
