import { fileURLToPath } from 'node:url';
import { StatelogError } from '../../../errors.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import type { Resync } from '../pull/pull-options.js';
import { ArtifactResync } from './artifact-resync.js';
import { ArtifactSource } from './artifact-source.js';
import { parseSnapshotUrl } from '../../place/place.js';
import { ListResync } from './list-resync.js';
import { PublishedSource } from './published-source.js';

const LIST = 'list';
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//;

/**
 * The way to put a fold right that a text names: `list`, or the place of an artifact: a path; a `file://` URL of one, or of a
 * folder that is laid out like a bucket; or `s3://BUCKET/PREFIX/KEY`.
 * @param fold the path of the fold
 * @throws StatelogError `INVALID_ARGUMENT` for a place that nothing is fetched from; `NOT_FOUND` where nothing is there
 */
export function resyncOf(text: string, fold: string, fileSystem: FileSystem): Resync {
  if (text === LIST) return new ListResync();
  const [, scheme] = SCHEME.exec(text) ?? [];
  const path = scheme === undefined ? text : scheme === 'file' ? fileURLToPath(text) : undefined;
  if (path !== undefined && fileSystem.statusFollowing(path) !== undefined)
    return new ArtifactResync(new ArtifactSource(fileSystem, path));
  if (scheme === undefined) {
    throw new StatelogError('NOT_FOUND', 'there is no artifact', {
      path: text,
      hint: '--resync takes list, or the place of an artifact',
    });
  }
  parseSnapshotUrl(text);
  return new ArtifactResync(new PublishedSource(fileSystem, text, fold));
}
