import { anchoredStore } from '../../storage-io/views/anchored-file-system.js';
import { inheritingFromFolder } from '../../storage-io/views/inheriting-file-system.js';
import { realFileSystem } from '../../storage-io/real/real-file-system.js';
import { SystemClock } from '../../storage-io/interface/clock.js';
import { forEachEntryOf } from '../../entry-range.js';
import { runToEnd } from '../../steps.js';
import { checkpointInSteps } from '../checkpoint/checkpoint.js';
import type { OpenStoreOptions } from '../directory-options.js';
import { DirectoryLayout } from '../manifest/layout.js';
import { checkFits } from '../manifest/limits.js';
import { liveEpoch, newestCheckpoint, type DirectoryManifest } from '../manifest/manifest.js';
import type { Progress } from '../read/replay.js';
import { CoreStates } from '../state/core-state.js';
import { Overlay } from '../state/overlay.js';
import { DirectoryWriter } from './directory-writer.js';
import { openNextEpoch } from './next-epoch.js';
import { openWriter, type OpenedWriter } from './open-writer.js';
import type { WriterEnvironment } from './writer-environment.js';

/** A store as it stands, while it is locked. */
export interface LockedContent {
  /** The epoch of the newest checkpoint; 0 where there is none. */
  readonly epoch: bigint;
  readonly sources: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  /** Shows all entries in key order, each lent for a call. */
  readonly forEachEntry: (visit: (key: Uint8Array, value: Uint8Array) => void) => void;
}

/** The changes from a store as it stands to a later checkpoint. */
export interface ChangesAtOnce {
  /** A put where there is a value, else a delete. */
  readonly changes: Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array | undefined }>;
  /** The epoch of the checkpoint, past the newest one's. */
  readonly epoch: bigint;
  readonly sources: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
}

/**
 * Locks a state directory, and brings it from where it stands to a later checkpoint, as one: the changes are in no
 * log, and count when the manifest is swapped. Killed at any moment, it is at the one or at the other. Earlier
 * checkpoints are not kept, since no log leads from them to this one.
 * @param plan shown the store as it stands; gives the changes, or undefined for none. What it throws changes nothing
 * @throws StatelogError as `StateDirectory.open`; `LIMIT_EXCEEDED`, `DISK_FULL`
 */
export async function changeAtOnce(
  path: string,
  options: OpenStoreOptions,
  plan: (content: LockedContent) => ChangesAtOnce | undefined,
): Promise<void> {
  const { clock = new SystemClock(), waitMs = 0, lossBytesMax, onWarning } = options;
  const anchored = anchoredStore(options.fileSystem ?? realFileSystem(), path);
  const fileSystem = inheritingFromFolder(anchored, path);
  const layout = new DirectoryLayout(path);
  const environment = { fileSystem, clock, layout, onWarning };
  const opened = await openWriter({ fileSystem, clock, layout, waitMs, lossBytesMax });
  let last: OpenedWriter | undefined = opened;
  try {
    const wanted = plan(contentOf(opened));
    if (wanted === undefined) return;
    takeIn(opened.states, wanted.changes, path);
    last = undefined;
    // The log will not tell that this checkpoint was begun: LOCK does, also after a power loss.
    opened.lock.makeDurable();
    last = checkpointOf(environment, opened, wanted);
  } catch (error) {
    if (error instanceof NotMade) {
      last = opened;
      throw error.cause;
    }
    throw error;
  } finally {
    if (last === undefined) abandon(opened);
    else new DirectoryWriter(environment, last).close();
  }
}

function contentOf({ manifest, progress, states }: OpenedWriter): LockedContent {
  return {
    epoch: liveEpoch(manifest) - 1n,
    ...progress,
    forEachEntry: (visit) => {
      forEachEntryOf(states.cursor(), visit);
    },
  };
}

/** Lays the changes over the checkpoint, in memory. */
function takeIn(states: CoreStates, changes: ChangesAtOnce['changes'], path: string): void {
  for (const { key, value } of changes) {
    const core = states.of(key);
    checkFits(core, key, value?.length ?? 0, path);
    if (value === undefined) core.overlay.delete(key);
    else core.overlay.put(key, value);
  }
}

/** A checkpoint was not made, and the store is at the one before: its log is as it was. */
class NotMade extends Error {}

/** Makes the checkpoint; the writer behind it. */
function checkpointOf(
  environment: WriterEnvironment,
  opened: OpenedWriter,
  { epoch, sources, watermark }: ChangesAtOnce,
): OpenedWriter {
  const { manifest, states, writers, held } = opened;
  const progress: Progress = { sources: new Map(sources), watermark };
  const cores = writers.map(({ segment: { sequence, lastTimestampNs } }) => {
    return { nextSequence: sequence, lastTimestampNs };
  });
  let last: OpenedWriter | undefined;
  const error = runToEnd(
    checkpointInSteps(
      {
        ...environment,
        ...{ manifest, states, writers, held, keep: manifest.keep, rewrite: false, isUnlogged: true },
        // Nothing comes to the log.
        syncLog: () => undefined,
        moveTo: (next) => {
          last = behind(environment, opened, next, epoch);
          return () => {
            release(opened);
          };
        },
      },
      { epoch, tails: [], cores, progress },
    ),
  );
  if (last === undefined) throw new NotMade('', { cause: error });
  return last;
}

/** The writer behind the new checkpoint. */
function behind(
  environment: WriterEnvironment,
  opened: OpenedWriter,
  manifest: DirectoryManifest,
  epoch: bigint,
): OpenedWriter {
  const starts = newestCheckpoint(manifest)!.cores.map(({ nextSequence, lastTimestampNs }) => {
    return { position: 0, nextSequence, lastTimestampNs, epoch: epoch + 1n };
  });
  const emptied = new CoreStates(opened.states.all.map((core) => ({ ...core, overlay: new Overlay() })));
  const before = { states: emptied, cores: opened.writers, starts };
  const { cores, states } = openNextEpoch(environment, opened.lock, manifest, before);
  const next = { ...opened, manifest, states, writers: cores };
  try {
    opened.held.hold(cores);
    return next;
  } catch (error) {
    release(next);
    throw error;
  }
}

/** Nobody can say which of the two the disk holds: the next writer finds out. */
function abandon(opened: OpenedWriter): void {
  release(opened);
  opened.lock.abandon();
}

function release({ writers, states }: OpenedWriter): void {
  for (const { segment } of writers) segment.abandon();
  states.release();
}
