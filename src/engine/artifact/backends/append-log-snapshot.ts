import { AppendLogFold } from '../../fold/store/append-log-fold.js';
import type { FoldOptions, OpenedFold } from '../../fold/store/fold-options.js';
import { COMPACT_THRESHOLD_DEFAULT } from '../../fold/format/format.js';
import { replayWholeLog, type ReplayedLog } from '../../fold/scan/replay.js';
import { anchoredPlace } from '../../storage-io/views/anchored-file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { tryOpenLocked } from '../../storage-io/lock/file-lock.js';
import { type Clock, nowUnix } from '../../storage-io/interface/clock.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { appendLogContent, checkedFold, FOLD_PATH, refuseOtherThanFold } from './append-log-artifact.js';
import type { ExportManifest } from '../format/manifest.js';
import { stageArtifact } from '../read/stage-artifact.js';
import { moveIntoPlace, refuseOccupiedFile } from '../../storage-io/whole/into-place.js';
import { withStagingFolder } from '../../storage-io/whole/staging-folder.js';
import { artifactTar } from '../write/tar-writer.js';
import { type ArtifactForm, writeArtifact } from '../write/write-artifact.js';

/** How a fold is exported. */
export interface ExportOptions {
  /** Seconds since 1970, for instance SOURCE_DATE_EPOCH (default: now). An equal time gives equal bytes. */
  readonly createdAtUnix?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Default: a folder. */
  readonly form?: ArtifactForm | undefined;
}

/** A fold log that can also be exported and imported as an artifact. It does everything that Slipstream's class of this name does. */
export class AppendLogSnapshot extends AppendLogFold {
  /**
   * Exports the fold as it is now: an artifact that is whole and on disk when this returns, or is
   * not there.
   * @throws StatelogError `ALREADY_EXISTS` unless the destination is absent (for a folder: or empty);
   * `DAMAGED` where a record rotted meanwhile
   */
  exportTo(destination: string, options: ExportOptions = {}): ExportManifest {
    const content = appendLogContent(this, options.createdAtUnix ?? nowUnix(options.clock));
    return writeArtifact(this.fileSystem, content, destination, options.form ?? 'folder');
  }

  /**
   * Exports the fold as the bytes of a tar, each chunk valid until the next is asked for; returns the
   * manifest.
   */
  exportTar(createdAtUnix: number = nowUnix()): Generator<Uint8Array, ExportManifest> {
    return artifactTar(appendLogContent(this, createdAtUnix));
  }

  /**
   * Makes a log of an artifact, a folder or a tar, of which nothing is trusted: all of it is verified
   * in a hidden folder beside the destination before anything gets its name.
   * @throws StatelogError `ALREADY_EXISTS` where something is at the destination; as `stageArtifact`
   */
  static import(
    artifact: string,
    destination: string,
    compactThreshold: number = COMPACT_THRESHOLD_DEFAULT,
    options: FoldOptions = {},
  ): OpenedFold<AppendLogSnapshot> {
    const fileSystem = anchoredPlace(options.fileSystem ?? realFileSystem(), destination);
    refuseOccupiedFile(fileSystem, destination);
    return withStagingFolder(fileSystem, destination, (folder) => {
      const acceptManifest = (manifest: ExportManifest): void => {
        refuseOtherThanFold(manifest, artifact);
      };
      const staged = stageArtifact(artifact, folder, { fileSystem, acceptManifest });
      const path = staged.pathOf(FOLD_PATH);
      // Locked before it gets its name.
      const descriptor = tryOpenLocked(fileSystem, path, () => fileSystem.openReadWrite(path, 'refuse'));
      let replayed: ReplayedLog;
      let size: number;
      try {
        ({ size } = fileSystem.statusOf(descriptor));
        const log = { fileSystem, descriptor, path, size };
        replayed = checkedFold(staged.manifest, artifact, () => replayWholeLog(log));
        moveIntoPlace(fileSystem, path, destination);
      } catch (error) {
        closeQuietly(fileSystem, descriptor);
        throw error;
      }
      if (replayed.compactForm) {
        const log = { fileSystem, descriptor, path: destination, size };
        return AppendLogSnapshot.adopt(log, replayed, compactThreshold, options);
      }
      // Another program made it, and not in the compact form.
      closeQuietly(fileSystem, descriptor);
      return AppendLogSnapshot.open(destination, compactThreshold, options);
    });
  }
}
