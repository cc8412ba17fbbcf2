import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { ExportManifest } from '../format/manifest.js';
import type { ArtifactContent } from './payload.js';
import { writeArtifactTar } from './tar-writer.js';
import { writeArtifactFolder } from './write-folder.js';

/** The form of an artifact on disk. */
export type ArtifactForm = 'folder' | 'tar';

/**
 * Writes an artifact: whole and on disk when it returns, or not there at all.
 * @throws StatelogError `ALREADY_EXISTS`; what making the content throws
 */
export function writeArtifact(
  fileSystem: FileSystem,
  content: ArtifactContent,
  destination: string,
  form: ArtifactForm,
): ExportManifest {
  const write = form === 'folder' ? writeArtifactFolder : writeArtifactTar;
  return write(fileSystem, content, destination);
}
