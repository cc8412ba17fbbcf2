import type { Clock } from '../../storage-io/interface/clock.js';
import type { FileLock } from '../../storage-io/lock/file-lock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { CoreWalWriter } from '../../wal/write/writer.js';
import { CoreStates, type CoreState } from '../state/core-state.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import { liveEpoch, newestCheckpoint, type DirectoryManifest } from '../manifest/manifest.js';
import { openCheckpoint } from '../read/open-checkpoint.js';
import { openMark } from './recover-log.js';
import { Overlay } from '../state/overlay.js';
import { WritableCore } from './writable-core.js';
import { SEGMENT_BUFFER_BYTES } from './writer-environment.js';

/** The parts with which a writer goes on behind a checkpoint. */
export interface NextEpoch {
  readonly states: CoreStates;
  readonly cores: readonly WritableCore[];
}

/**
 * Opens the checkpoint that was just published, and the empty segments behind it.
 * @param before the cores of the epoch that it closed: their changelogs are handed on
 * @throws StatelogError what opening throws; everything that was opened is closed again
 */
export function openNextEpoch(
  environment: { readonly fileSystem: FileSystem; readonly clock: Clock; readonly layout: DirectoryLayout },
  lock: FileLock,
  manifest: DirectoryManifest,
  before: readonly WritableCore[],
): NextEpoch {
  const { fileSystem, clock, layout } = environment;
  const entry = newestCheckpoint(manifest)!;
  const epoch = liveEpoch(manifest);
  const bases = openCheckpoint({ fileSystem, layout, manifest }, entry);
  const states = new CoreStates(
    bases.map((base, coreId): CoreState => ({ coreId, base, overlay: new Overlay() })),
  );
  const cores: WritableCore[] = [];
  try {
    for (const state of states.all) {
      const { nextSequence, lastTimestampNs } = entry.cores[state.coreId]!;
      const segment = CoreWalWriter.openAt(state.coreId, layout.segment(epoch, state.coreId), 0, {
        fileSystem,
        clock,
        syncFolder: false,
        bufferBytes: SEGMENT_BUFFER_BYTES,
        links: 'refuse',
        beforeWrite: openMark(lock),
        start: { nextSequence, lastTimestampNs, epoch },
      });
      cores.push(new WritableCore(state, segment, before[state.coreId]!.releaseChangelog()));
    }
    return { states, cores };
  } catch (error) {
    for (const { segment } of cores) segment.abandon();
    states.release();
    throw error;
  }
}
