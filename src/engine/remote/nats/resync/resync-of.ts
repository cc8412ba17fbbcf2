import { fileURLToPath } from 'node:url';
import { StatelogError } from '../../../errors.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import type { Resync } from '../pull/pull-options.js';
import { ArtifactResync } from './artifact-resync.js';
import { ArtifactSource } from './artifact-source.js';
import { ListResync } from './list-resync.js';

const LIST = 'list';
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//;

/**
 * The way to put a fold right that a text names: `list`, or the place of an artifact: a path, or a `file://` URL of one.
 * @throws StatelogError `INVALID_ARGUMENT` for a place that nothing is fetched from; `NOT_FOUND` where nothing is there
 */
export function resyncOf(text: string, fileSystem: FileSystem): Resync {
  if (text === LIST) return new ListResync();
  const [, scheme] = SCHEME.exec(text) ?? [];
  if (scheme !== undefined && scheme !== 'file') {
    throw new StatelogError(
      'INVALID_ARGUMENT',
      `--resync takes list, a path or a file:// URL, not ${scheme}://`,
      {
        hint: 'fetch the artifact to this host first',
      },
    );
  }
  const path = scheme === undefined ? text : fileURLToPath(text);
  if (fileSystem.statusFollowing(path) === undefined)
    throw new StatelogError('NOT_FOUND', 'there is no artifact', {
      path,
      hint: '--resync takes list, or the path of an artifact',
    });
  return new ArtifactResync(new ArtifactSource(fileSystem, path));
}
