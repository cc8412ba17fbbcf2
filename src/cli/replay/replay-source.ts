import { isStatelogError } from '../../engine/errors.js';
import type { Finding } from '../../engine/finding.js';
import type { Follow } from '../../engine/inspect/follow/follow.js';
import { formatTime } from '../../engine/bytes/text/time-text.js';
import { identify } from '../../engine/inspect/identify.js';
import type { RecordsBefore } from '../../engine/inspect/replay/rebuild.js';
import type { Replay } from '../../engine/inspect/replay/replay.js';
import type { ReplayBase, ReplayBounds, SequencePlace } from '../../engine/inspect/replay/replay-base.js';
import type { ReplayFilter } from '../../engine/inspect/replay/replay-filter.js';
import type { ReplayLog } from '../../engine/inspect/replay/replay-logs.js';
import type { FileChanges } from '../../engine/storage-io/real/file-changes.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { closeEach } from '../../engine/storage-io/whole/close-each.js';
import type { LocatedRecord } from '../output/records/record-parts.js';
import type { RecordSource } from './replay-run.js';

/** A source of records. */
export interface OpenedSource {
  readonly source: RecordSource;
  /** How many files are read. */
  readonly segments: number;
  /** Reads the files that records lie in. */
  readonly fileSystem: FileSystem;
  /** The state that the records go on from; undefined where they start from nothing. Closed with the source. */
  readonly base?: ReplayBase | undefined;
  /** Tells when there may be more; undefined where there is an end. */
  readonly changes: FileChanges | undefined;
  /** The source in words; undefined if it goes without saying. */
  readonly description: string | undefined;
  readonly close: () => void;
}

/** How the logs at a path are read. */
export interface ReplayOptions {
  readonly filter: ReplayFilter;
  readonly isMerged: boolean;
  /** The point up to which a store is made anew; undefined where records alone are wanted. */
  readonly bounds: ReplayBounds | undefined;
  /** The first record in merged order that is not wanted. */
  readonly toSequence?: SequencePlace | undefined;
}

/**
 * The logs at a path as they are now; with bounds and of a state directory, those behind the checkpoint to start from.
 * @throws StatelogError what `findLogs` and `ReplayBase.open` throw
 */
export async function openReplay(
  disk: FileSystem,
  path: string,
  { filter, isMerged, bounds, toSequence }: ReplayOptions,
): Promise<OpenedSource> {
  const [{ findLogs }, { Replay }, { anchoredSource }, { readingOnFileSystem }] = await Promise.all([
    import('../../engine/inspect/replay/replay-logs.js'),
    import('../../engine/inspect/replay/replay.js'),
    import('../../engine/storage-io/views/anchored-file-system.js'),
    import('../../engine/storage-io/views/reading-on-file-system.js'),
  ]);
  const fileSystem = readingOnFileSystem(anchoredSource(disk, path));
  const isStore = bounds !== undefined && isDirectory(fileSystem, path);
  const base = isStore ? await openBase(fileSystem, path, bounds) : undefined;
  try {
    const logs = findLogs(fileSystem, path).filter(
      ({ epoch }) => epoch === undefined || (filter.mayTakeEpoch(epoch) && epoch > (base?.epoch ?? -1n)),
    );
    const replay = new Replay(fileSystem, logs, isMerged, isStore ? 0 : filter.fromOffset);
    const end = isStore ? bounds : toSequence && { toTimeNs: undefined, toSequence };
    const source = end === undefined ? replay : await recordsBefore(replay, logs, path, end);
    return {
      source,
      segments: logs.reduce((sum, log) => sum + log.segments.length, 0),
      fileSystem,
      base,
      changes: undefined,
      description: descriptionOf(logs, base),
      close: () => {
        closeEach([source, base]);
      },
    };
  } catch (error) {
    base?.close();
    throw error;
  }
}

function isDirectory(fileSystem: FileSystem, path: string): boolean {
  return identify(fileSystem, path).kind === 'directory';
}

async function openBase(fileSystem: FileSystem, path: string, bounds: ReplayBounds): Promise<ReplayBase> {
  const { ReplayBase: Base } = await import('../../engine/inspect/replay/replay-base.js');
  return Base.open(fileSystem, path, bounds);
}

async function recordsBefore(
  replay: Replay,
  logs: readonly ReplayLog[],
  path: string,
  end: Pick<ReplayBounds, 'toTimeNs' | 'toSequence'>,
): Promise<RecordsBefore> {
  const { RecordsBefore: Bounded } = await import('../../engine/inspect/replay/rebuild.js');
  return new Bounded(replay, logs, path, end);
}

function descriptionOf(logs: readonly ReplayLog[], base: ReplayBase | undefined): string | undefined {
  const named = logs.flatMap(({ epoch, isLive }) =>
    epoch === undefined ? [] : [`${epoch}${isLive ? ' (live)' : ''}`],
  );
  const read = named.length === 0 ? [] : [`reading the log of epoch ${named.join(', ')}`];
  if (base === undefined) return read[0];
  const { epoch, throughNs } = base;
  const through = throughNs === undefined ? '' : `, with records up to ${formatTime(throughNs)}`;
  const start = epoch === 0n ? 'an empty store' : `the checkpoint of epoch ${epoch}${through}`;
  return [`starting from ${start}`, ...read].join('; ');
}

/**
 * The logs at a path as they are and as they become.
 * @throws StatelogError what `Follow.open` throws
 */
export async function openFollow(fileSystem: FileSystem, path: string): Promise<OpenedSource> {
  const [{ Follow: Following }, { FileChanges }] = await Promise.all([
    import('../../engine/inspect/follow/follow.js'),
    import('../../engine/storage-io/real/file-changes.js'),
  ]);
  const follow = Following.open(fileSystem, path);
  const changes = new FileChanges({
    onRename: () => {
      holdQuietly(follow);
    },
  });
  changes.watch(follow.folders);
  return {
    source: new FollowedRecords(follow, changes),
    segments: 0,
    fileSystem,
    changes,
    description: 'following what is written; Ctrl-C ends it',
    close: () => {
      closeEach([changes, follow]);
    },
  };
}

/**
 * Opens the log early, to hold it; a failure here comes again when the records are asked for, and is told
 * then.
 */
function holdQuietly(follow: Follow): void {
  try {
    follow.hold();
  } catch (error) {
    if (!isStatelogError(error)) throw error;
  }
}

/** Watches the folders that the log moves on to. */
class FollowedRecords implements RecordSource {
  readonly #follow: Follow;
  readonly #changes: FileChanges;

  constructor(follow: Follow, changes: FileChanges) {
    this.#follow = follow;
    this.#changes = changes;
  }

  get finding(): Finding | undefined {
    return this.#follow.finding;
  }

  get segment(): LocatedRecord {
    return this.#follow.segment;
  }

  next(): ReturnType<RecordSource['next']> {
    const event = this.#follow.next();
    if (event === 'waiting') this.#changes.watch(this.#follow.folders);
    return event;
  }
}
