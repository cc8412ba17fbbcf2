import { isStatelogError } from '../../engine/errors.js';
import type { Finding } from '../../engine/finding.js';
import type { Follow } from '../../engine/inspect/follow/follow.js';
import type { ReplayFilter } from '../../engine/inspect/replay/replay-filter.js';
import type { FileChanges } from '../../engine/storage-io/real/file-changes.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import type { LocatedRecord } from '../output/records/record-parts.js';
import type { RecordSource } from './replay-run.js';

/** A source of records. */
export interface OpenedSource {
  readonly source: RecordSource;
  /** Tells when there may be more; undefined where there is an end. */
  readonly changes: FileChanges | undefined;
  /** The source in words; undefined if it goes without saying. */
  readonly description: string | undefined;
  readonly close: () => void;
}

/**
 * The logs at a path as they are now.
 * @throws StatelogError what `findLogs` throws
 */
export async function openReplay(
  disk: FileSystem,
  path: string,
  options: { readonly filter: ReplayFilter; readonly isMerged: boolean },
): Promise<OpenedSource> {
  const [{ findLogs }, { Replay }, { anchoredSource }, { readingOnFileSystem }] = await Promise.all([
    import('../../engine/inspect/replay/replay-logs.js'),
    import('../../engine/inspect/replay/replay.js'),
    import('../../engine/storage-io/views/anchored-file-system.js'),
    import('../../engine/storage-io/views/reading-on-file-system.js'),
  ]);
  const fileSystem = readingOnFileSystem(anchoredSource(disk, path));
  const logs = findLogs(fileSystem, path).filter(
    ({ epoch }) => epoch === undefined || options.filter.mayTakeEpoch(epoch),
  );
  const named = logs.flatMap(({ epoch, isLive }) =>
    epoch === undefined ? [] : [`${epoch}${isLive ? ' (live)' : ''}`],
  );
  const source = new Replay(fileSystem, logs, options.isMerged);
  return {
    source,
    changes: undefined,
    description: named.length === 0 ? undefined : `reading the log of epoch ${named.join(', ')}`,
    close: () => {
      source.close();
    },
  };
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
    changes,
    description: 'following what is written; Ctrl-C ends it',
    close: () => {
      changes.close();
      follow.close();
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
