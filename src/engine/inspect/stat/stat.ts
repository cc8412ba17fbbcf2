import { ContentDigest } from '../../bytes/hash/content-digest.js';
import { LinesStore } from '../../lines/lines-store.js';
import { positionText } from '../../fold/format/position-text.js';
import { DirectoryStore } from '../../store/directory-store.js';
import { FoldStore } from '../../store/fold-store.js';
import { StateFileStore } from '../../store/state-file-store.js';
import { remarksOn } from '../../store/remarks.js';
import type { ReadableStore } from '../../store/store.js';
import { anchoredSource } from '../../storage-io/views/anchored-file-system.js';
import { readingOnFileSystem } from '../../storage-io/views/reading-on-file-system.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { lockState } from '../../storage-io/lock/lock-holder.js';
import { treeBytes } from '../../storage-io/whole/tree-bytes.js';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { identify, type PathIdentity } from '../identify.js';
import { openReadable } from '../open.js';
import { sourcesText, statCheckpoints } from './stat-checkpoints.js';
import { attempt, problemOf } from './stat-problem.js';
import { statManifest } from './stat-manifest.js';
import type { LockStat, StatReport } from './stat-report.js';
import { newlyUnreadable } from '../unreadable.js';
import { statSegments } from './stat-segments.js';

/** The figures to add to those that are cheap to tell. */
export interface StatOptions {
  /** Reads all entries, for the digest of the content. */
  readonly digest: boolean;
}

/**
 * Tells what a path holds, as far as it can be read; what cannot be is a `problem`, never an error.
 * Changes nothing and takes no lock.
 * @throws StatelogError `NOT_FOUND`, `UNKNOWN_FORMAT`, `UNSUPPORTED_VERSION`, and `NOT_A_FILE` for a device
 */
export function statPath(disk: FileSystem, path: string, options: StatOptions): StatReport {
  const fileSystem = readingOnFileSystem(anchoredSource(disk, path));
  const found = attempt(() => identify(fileSystem, path), ['DAMAGED']);
  if ('problem' in found) return { path, problem: found.problem };
  const identity = found.value;
  const content = joined(statKind(fileSystem, identity), options.digest ? digestOf(fileSystem, path) : {});
  return {
    path,
    kind: identity.kind,
    bytes: bytesOf(fileSystem, identity),
    ...joined(unreadableOf(fileSystem), content),
    notices: noticesOf(fileSystem, identity),
  };
}

/** The unreadable part of the path, as a problem. */
function unreadableOf(fileSystem: FileSystem): Part {
  const [first, ...others] = newlyUnreadable(fileSystem);
  if (first === undefined) return {};
  const more = others.length === 0 ? '' : `, and ${others.length} more places`;
  return {
    problem: `the disk does not give out ${first.bytes} bytes at ${first.offset} of ${first.file}${more}`,
  };
}

function noticesOf(fileSystem: FileSystem, { kind, path }: PathIdentity): readonly string[] | undefined {
  if (kind !== 'directory' && kind !== 'log') return undefined;
  const notices = remarksOn(fileSystem, { kind, path }).map(
    ({ message, hint }) => `${message}; ${hint ?? ''}`,
  );
  return notices.length === 0 ? undefined : notices;
}

type Part = Partial<StatReport>;

function statKind(fileSystem: FileSystem, { kind, path }: PathIdentity): Part {
  switch (kind) {
    case 'directory':
      return statDirectory(fileSystem, path);
    case 'log':
      return { ...statLog(fileSystem, path), lock: lockOf(fileSystem, path) };
    case 'state-file':
      return whole(() => statStateFile(fileSystem, path));
    case 'wal-segment':
    case 'wal-folder':
      return whole(() => ({ segments: statSegments(fileSystem, path) }));
    case 'artifact-folder':
    case 'artifact-tar':
      return whole(() => statManifest(fileSystem, path));
    case 'ndjson':
      return whole(() => statLines(fileSystem, path));
  }
}

function statLines(fileSystem: FileSystem, path: string): Part {
  const store = new LinesStore(path, fileSystem);
  try {
    const { epoch, cursor, sources, watermark } = store;
    return {
      keys: store.count(),
      ...(epoch === undefined ? {} : { epoch: String(epoch) }),
      ...(cursor === undefined ? {} : { cursor: positionText(cursor) }),
      ...(sources === undefined ? {} : { sources: sourcesText(sources) }),
      ...(watermark === undefined ? {} : { watermark: String(watermark) }),
    };
  } finally {
    store.close();
  }
}

function statDirectory(fileSystem: FileSystem, path: string): Part {
  const layout = new DirectoryLayout(path);
  const content = whole(() => {
    const store = DirectoryStore.openReadOnly(path, { fileSystem, mapping: 'never' });
    try {
      const { progress, epoch } = store.directory;
      return {
        keys: store.count(),
        epoch: String(epoch),
        sources: sourcesText(progress.sources),
        watermark: progress.watermark === undefined ? null : String(progress.watermark),
      };
    } finally {
      store.close();
    }
  });
  const kept = whole(() => statCheckpoints(fileSystem, layout));
  const segments = whole(() => ({ segments: statSegments(fileSystem, path) }));
  return { ...joined(joined(content, kept), segments), lock: lockOf(fileSystem, layout.lock) };
}

function statLog(fileSystem: FileSystem, path: string): Part {
  return whole(() => {
    const store = FoldStore.load(path, fileSystem);
    try {
      const { bytes, compactBytes } = store.sizes;
      return {
        keys: store.count(),
        fragmentation: bytes === 0 ? 0 : Math.max(0, 1 - compactBytes / bytes),
        cursor: positionText(store.cursor),
        problem: store.notices.find(({ severity }) => severity === 'torn')?.message,
      };
    } finally {
      store.close();
    }
  });
}

function statStateFile(fileSystem: FileSystem, path: string): Part {
  const store = new StateFileStore(path, fileSystem);
  try {
    return { keys: store.count(), fragmentation: store.file.fragmentation };
  } finally {
    store.close();
  }
}

function digestOf(fileSystem: FileSystem, path: string): Part {
  return whole(() => {
    const store = openReadable(path, { fileSystem });
    try {
      return digestOfEntries(store);
    } finally {
      store.close();
    }
  });
}

/** A log's keys are counted only where its content is read anyway. */
function digestOfEntries(store: ReadableStore): Part {
  const digest = new ContentDigest();
  store.forEachEntry((key, value) => {
    digest.add(key, value);
  });
  return { keys: digest.keys, digest: digest.hex() };
}

function lockOf(fileSystem: FileSystem, path: string): LockStat {
  const state = attempt(() => lockState(fileSystem, path));
  if ('problem' in state) return { held: 'unknown' };
  const { held, holder } = state.value;
  return held === 'no' ? { held } : { held, ...holder };
}

function bytesOf(fileSystem: FileSystem, { kind, path }: PathIdentity): number | undefined {
  const paths = kind === 'state-file' ? [path, path.replace(/\.db$/, '.idx')] : [path];
  const bytes = attempt(() =>
    paths.reduce((sum, one) => {
      const status = fileSystem.statusFollowing(one);
      return sum + (status?.kind === 'directory' ? treeBytes(fileSystem, one) : (status?.size ?? 0));
    }, 0),
  );
  return 'problem' in bytes ? undefined : bytes.value;
}

/** A part that may fail as a whole. */
function whole(read: () => Part): Part {
  const part = attempt(read);
  return 'problem' in part ? { problem: part.problem } : part.value;
}

/** Two parts together; of two problems, the first. */
function joined(one: Part, other: Part): Part {
  const problem = problemOf(one) ?? problemOf(other);
  const { problem: _one, ...first } = one;
  const { problem: _other, ...second } = other;
  return problem === undefined ? { ...first, ...second } : { ...first, ...second, problem };
}
