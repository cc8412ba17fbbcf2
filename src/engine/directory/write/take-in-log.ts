import { verifyHint } from '../../bytes/text/command-hints.js';
import { StatelogError } from '../../errors.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import { liveEpoch, newestCheckpoint } from '../manifest/manifest.js';
import { replaySegment } from '../read/replay.js';
import type { LiveStore } from './checkpointing.js';
import type { WriterEnvironment } from './writer-environment.js';

/**
 * Takes the live log into memory, where its writer checked it and left it on disk (`OpenStoreOptions.writesOnly`): all records,
 * those that it appended since included.
 * @throws StatelogError what reading throws; `DAMAGED` where the log does not reach as far as it did
 */
export function takeInLog(
  { fileSystem, layout }: Pick<WriterEnvironment, 'fileSystem' | 'layout'>,
  { manifest, states, cores }: LiveStore,
): void {
  const epoch = liveEpoch(manifest);
  const published = newestCheckpoint(manifest)?.cores;
  const optionsOf = (coreId: number) => ({
    fileSystem,
    coreId,
    epoch,
    expectedSequence: published?.[coreId]?.nextSequence ?? 0n,
    isLocked: true,
    wasClosed: () => false,
  });
  for (const { segment } of cores) segment.flush();
  const segments = cores.map(({ segment: { coreId, path } }) => ({ coreId, path }));
  const reached = groupReach(fileSystem, segments, optionsOf);
  for (const { coreId, segment } of cores) {
    const { path, position, sequence } = segment;
    // The sources are known: recovery read them.
    const progress = { sources: new Map<string, bigint>(), watermark: undefined };
    const replayed = replaySegment(
      { ...optionsOf(coreId), path, reached },
      states.all[coreId]!.overlay,
      progress,
    );
    if (replayed.goodEnd !== position || replayed.nextSequence !== sequence)
      throw shorter(layout.root, path, position);
  }
}

function shorter(root: string, path: string, position: number): StatelogError {
  return new StatelogError(
    'DAMAGED',
    `${path}: the log cannot be read up to ${position}, as it was a moment ago`,
    { path, hint: verifyHint(root) },
  );
}
