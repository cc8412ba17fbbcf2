import type { Clock } from '../../storage-io/interface/clock.js';
import type { FileLock } from '../../storage-io/lock/file-lock.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { CoreWalWriter } from '../../wal/write/writer.js';
import { CoreStates, type CoreState } from '../state/core-state.js';
import type { DirectoryLayout } from '../manifest/layout.js';
import { liveEpoch, newestCheckpoint, type DirectoryManifest } from '../manifest/manifest.js';
import { openCheckpoint } from '../read/open-checkpoint.js';
import { openMark } from './recover-log.js';
import type { SegmentStart } from '../checkpoint/log-tail.js';
import { WritableCore } from './writable-core.js';
import { SEGMENT_BUFFER_BYTES } from './writer-environment.js';

/** The parts with which a writer goes on behind a checkpoint. */
export interface NextEpoch {
  readonly states: CoreStates;
  readonly cores: readonly WritableCore[];
}

/** The parts with which it ends an epoch. */
export interface EndedEpoch extends NextEpoch {
  /** The points at which the segments of the next epoch go on, behind what was copied there. */
  readonly starts: readonly SegmentStart[];
}

/**
 * Opens the checkpoint that was just published, and the segments behind it.
 * @param before the states and cores of the epoch that it closed: their changelogs are handed on, and the changes since
 * @throws StatelogError what opening throws; everything that was opened is closed again
 */
export function openNextEpoch(
  environment: { readonly fileSystem: FileSystem; readonly clock: Clock; readonly layout: DirectoryLayout },
  lock: FileLock,
  manifest: DirectoryManifest,
  before: EndedEpoch,
): NextEpoch {
  const { fileSystem, clock, layout } = environment;
  const entry = newestCheckpoint(manifest)!;
  const epoch = liveEpoch(manifest);
  const bases = openCheckpoint({ fileSystem, layout, manifest }, entry);
  const states = new CoreStates(
    bases.map((base, coreId): CoreState => {
      const { overlay } = before.states.all[coreId]!;
      overlay.hold();
      return { coreId, base, overlay };
    }),
  );
  const cores: WritableCore[] = [];
  try {
    for (const state of states.all) {
      const { position, ...start } = before.starts[state.coreId]!;
      const segment = CoreWalWriter.openAt(state.coreId, layout.segment(epoch, state.coreId), position, {
        fileSystem,
        clock,
        syncFolder: false,
        bufferBytes: SEGMENT_BUFFER_BYTES,
        links: 'refuse',
        beforeWrite: openMark(lock),
        start,
      });
      cores.push(new WritableCore(state, segment, before.cores[state.coreId]));
    }
    return { states, cores };
  } catch (error) {
    for (const { segment } of cores) segment.abandon();
    states.release();
    throw error;
  }
}
