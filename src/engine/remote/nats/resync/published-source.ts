import {
  FOLD_PATH,
  refuseOtherThanFold,
  verifyStagedFold,
} from '../../../artifact/backends/append-log-artifact.js';
import { stageArtifactStream } from '../../../artifact/read/stage-artifact.js';
import { StatelogError } from '../../../errors.js';
import { StagingFolder } from '../../../storage-io/whole/staging-folder.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import { FoldStore } from '../../../store/fold-store.js';
import { openSnapshotPlace } from '../../place/open-place.js';
import { fetchPayload } from '../../publish/fetch-payload.js';
import { readPointer } from '../../publish/pointer.js';
import type { FetchedSnapshot, RestoreSource, SnapshotSummary } from './restore-source.js';

/** The newest snapshot that is published under a URL: `s3://BUCKET/PREFIX/KEY`, or `file:///DIR/KEY`. */
export class PublishedSource implements RestoreSource {
  readonly name: string;
  readonly #fileSystem: FileSystem;
  readonly #beside: string;

  /** @param beside the fold: what is fetched lies beside it for a while */
  constructor(fileSystem: FileSystem, url: string, beside: string) {
    this.name = url;
    this.#fileSystem = fileSystem;
    this.#beside = beside;
  }

  async latest(): Promise<SnapshotSummary> {
    const { store, name } = await openSnapshotPlace(this.name);
    const pointer = await readPointer(store, name);
    if (pointer === undefined) {
      throw new StatelogError('NOT_FOUND', 'no snapshot is published under this key', {
        path: this.name,
        hint: `'statelog export FOLD ${this.name} --scope ""' publishes one`,
      });
    }
    if (pointer.manifest === undefined) throw pointer.fault!;
    const { manifest } = pointer;
    refuseOtherThanFold(manifest, this.name);
    return { cursor: manifest.cursor.toBytes(), scope: manifest.scope };
  }

  async fetch(): Promise<FetchedSnapshot> {
    const fileSystem = this.#fileSystem;
    const { store: blobs, name } = await openSnapshotPlace(this.name);
    const { chunks } = await fetchPayload(blobs, name);
    const staging = StagingFolder.make(fileSystem, this.#beside);
    try {
      const acceptManifest = (manifest: Parameters<typeof refuseOtherThanFold>[0]): void => {
        refuseOtherThanFold(manifest, this.name);
      };
      const options = { fileSystem, acceptManifest, sync: false };
      const staged = await stageArtifactStream(chunks, this.name, staging.path, options);
      verifyStagedFold(fileSystem, staged, this.name);
      const store = FoldStore.load(staged.pathOf(FOLD_PATH), fileSystem, true);
      const close = (): void => {
        try {
          store.close();
        } finally {
          staging.remove();
        }
      };
      return { store, cursor: store.cursor, scope: staged.manifest.scope, close };
    } catch (error) {
      staging.remove();
      throw error;
    }
  }
}
