import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifest } from '../../directory/manifest/manifest-file.js';
import { liveEpoch } from '../../directory/manifest/manifest.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { identify } from '../identify.js';
import { ResumePositions } from './resume-positions.js';

/**
 * Looks for the positions of sources in what a path holds: of a state directory, the newest checkpoint and the live log.
 * @throws StatelogError what reading the manifest throws
 */
export function openResumePositions(fileSystem: FileSystem, path: string): ResumePositions {
  if (identify(fileSystem, path).kind !== 'directory') return new ResumePositions(new Map(), () => false);
  const layout = new DirectoryLayout(path);
  const manifest = readManifest(fileSystem, layout);
  const newest = manifest.checkpoints.at(-1);
  const live = new Set(
    Array.from({ length: manifest.cores }, (_, coreId) => layout.segment(liveEpoch(manifest), coreId)),
  );
  return new ResumePositions(newest?.sources ?? new Map<string, bigint>(), (file) => !live.has(file));
}
