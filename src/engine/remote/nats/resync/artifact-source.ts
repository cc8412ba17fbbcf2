import { StatelogError } from '../../../errors.js';
import { throwFault } from '../../../artifact/format/artifact-check.js';
import { isOwnBackend, locateArtifact, openPayload } from '../../../artifact/read/open-artifact.js';
import { anchoredSource } from '../../../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import type { FetchedSnapshot, RestoreSource, SnapshotSummary } from './restore-source.js';

/** An artifact on this host: a folder or a tar. */
export class ArtifactSource implements RestoreSource {
  readonly name: string;
  readonly #fileSystem: FileSystem;

  constructor(fileSystem: FileSystem, path: string) {
    this.name = path;
    this.#fileSystem = anchoredSource(fileSystem, path);
  }

  async latest(): Promise<SnapshotSummary> {
    const { cursor, scope, close } = await this.fetch();
    close();
    return { cursor, scope };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what lies on disk is read at once
  async fetch(): Promise<FetchedSnapshot> {
    const path = this.name;
    const located = locateArtifact(this.#fileSystem, path, throwFault(path), (manifest) => {
      if (!isOwnBackend(manifest)) throw notOfFold(path);
    });
    const manifest = located.manifest!;
    const store = openPayload(located, manifest, true);
    if (store.cursor === undefined) throw notOfFold(path);
    const close = (): void => {
      store.close();
    };
    return { store, cursor: store.cursor, scope: manifest.scope, close };
  }
}

function notOfFold(path: string): StatelogError {
  return new StatelogError('SOURCE_MISMATCH', 'this is no artifact of a fold', {
    path,
    safe: 'the fold is as it was',
    hint: '\'statelog export FOLD NEW.tar --scope ""\' makes one',
  });
}
