import { changeAtOnce, type LockedContent } from '../directory/write/change-at-once.js';
import { liveEpoch } from '../directory/manifest/manifest.js';
import { StatelogError } from '../errors.js';
import { cursorText } from '../fold/format/position-text.js';
import { KvUpdate, type KeyedUpdate } from '../fold/format/update.js';
import { VersionToken } from '../fold/format/version-token.js';
import { WatchCursor } from '../fold/format/watch-cursor.js';
import { identify } from '../inspect/identify.js';
import { openInput } from '../inspect/input/open-input.js';
import { CheckedIncrement, notAnIncrement, type Increment } from '../lines/checked-increment.js';
import { checkIncrementFile } from '../lines/increment-file.js';
import { positionName } from '../lines/increment-position.js';
import { isSameContent, type KeyChange } from '../lines/increment-lines.js';
import { anchoredPlace } from '../storage-io/views/anchored-file-system.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import { DirectoryStore } from '../store/directory-store.js';
import { FoldStore } from '../store/fold-store.js';
import { checkExpected, checkStands, type ReadIncrement, type Standing } from './chain/standing.js';
import type { ImportReport } from './import-request.js';
import { openStream } from './import-stream.js';

/** An increment, and the store that it goes onto. */
export interface OntoRequest {
  readonly fileSystem?: FileSystem | undefined;
  /** A path; for a stream its name in messages. */
  readonly source: string;
  readonly stream?: AsyncIterable<Uint8Array> | undefined;
  /** A state directory or a fold log that stands where the increment starts. */
  readonly destination: string;
  /** The digest of the content afterwards must be this. */
  readonly expect?: string | undefined;
  readonly largeValues?: boolean | undefined;
  /** Verifies all, judges the store, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  /** How long to wait for the store's lock; default 0. */
  readonly waitMs?: number | undefined;
}

/** The result: the store as it stands afterwards, and how many keys were put and deleted. */
export interface OntoReport extends ImportReport {
  readonly puts: number;
  readonly deletes: number;
}

/**
 * Brings a store that stands exactly where an increment starts to where it ends. All of the increment, and the
 * whole content of the store before and after, are verified first; then everything is applied as one: killed at any
 * moment, the store is at the one or the other.
 * @throws StatelogError `SOURCE_MISMATCH` where the store stands elsewhere, or holds another content; `DIGEST_MISMATCH`,
 * `INVALID_ARTIFACT`, `UNFINISHED_STREAM`, `NOT_REPRESENTABLE` for the increment; `LOCKED`; what opening throws
 */
export async function importOnto(request: OntoRequest): Promise<OntoReport> {
  const { destination, dryRun = false, expect } = request;
  const fileSystem = anchoredPlace(request.fileSystem ?? realFileSystem(), destination);
  const increment = await readIncrement(request);
  const { end, header } = increment;
  const { digest: said } = end.until;
  if (said !== undefined) checkExpected(request.source, expect, said);
  const { since, until } = header;
  if (since.openLog !== undefined || until.openLog !== undefined) throw withinEpoch(request.source, header);
  const { kind } = identify(fileSystem, destination);
  if (kind !== header.until.kind) throw otherKind(destination, header.until.kind);
  const digest = dryRun
    ? judgeOnly(fileSystem, request, increment)
    : kind === 'log'
      ? await ontoFold(fileSystem, request, increment)
      : await ontoDirectory(fileSystem, request, increment);
  const { epoch, cursor } = header.until;
  return {
    path: destination,
    kind: header.until.kind,
    epoch: epoch === undefined ? null : String(epoch),
    cursor: cursorText(cursor) ?? null,
    keys: end.until.keys,
    digest,
    puts: end.puts,
    deletes: end.deletes,
    notices: [],
  };
}

async function readIncrement({ source, stream, fileSystem }: OntoRequest): Promise<ReadIncrement> {
  if (stream !== undefined) {
    const { isNdjson, chunks } = await openStream(stream, source);
    if (!isNdjson) throw notAnIncrement(source);
    return readStream(source, chunks);
  }
  const input = await openInput(fileSystem ?? realFileSystem(), source);
  try {
    if (identify(input.fileSystem, source).kind !== 'ndjson') throw notAnIncrement(source);
    const descriptor = input.fileSystem.openRead(source);
    const changes: KeyChange[] = [];
    try {
      const increment = checkIncrementFile(input.fileSystem, descriptor, source, (change) => {
        changes.push(change);
      });
      return { ...increment, changes };
    } finally {
      input.fileSystem.close(descriptor);
    }
  } finally {
    input.close();
  }
}

async function readStream(source: string, chunks: AsyncIterable<Uint8Array>): Promise<ReadIncrement> {
  const changes: KeyChange[] = [];
  const lines = new CheckedIncrement(source, (change) => {
    changes.push(change);
  });
  for await (const chunk of chunks) lines.push(chunk);
  return { ...lines.finish(), changes };
}

function judgeOnly(fileSystem: FileSystem, request: OntoRequest, increment: ReadIncrement): string {
  const { destination: path } = request;
  const isLog = increment.header.until.kind === 'log';
  const store = isLog ? FoldStore.load(path, fileSystem) : DirectoryStore.openReadOnly(path, { fileSystem });
  try {
    const standing = store instanceof FoldStore ? standingOfFold(store) : standingOfReader(store);
    return checkStands(request, standing, increment);
  } finally {
    store.close();
  }
}

async function ontoFold(
  fileSystem: FileSystem,
  request: OntoRequest,
  increment: ReadIncrement,
): Promise<string> {
  const { destination, waitMs = 0, largeValues } = request;
  const store = await FoldStore.open(destination, { fileSystem, waitMs, largeValues });
  try {
    const digest = checkStands(request, standingOfFold(store), increment);
    const { since, until } = increment.end;
    const cursor = WatchCursor.fromBytes(increment.header.until.cursor ?? new Uint8Array(0));
    if (!isSameContent(since, until)) store.applyAtOnce(increment.changes.map(updateOf), cursor);
    return digest;
  } finally {
    store.close();
  }
}

function updateOf({ key, value, version }: KeyChange): KeyedUpdate {
  const token = version === undefined ? VersionToken.unknown() : VersionToken.fromBytes(version);
  const update = value === undefined ? KvUpdate.delete(key) : KvUpdate.put(key, value, token);
  return { ...update, key };
}

async function ontoDirectory(
  fileSystem: FileSystem,
  request: OntoRequest,
  increment: ReadIncrement,
): Promise<string> {
  const { destination, waitMs } = request;
  const { changes, header } = increment;
  let digest = '';
  const { epoch = 0n, sources = new Map<string, bigint>(), watermark } = header.until;
  await changeAtOnce(destination, { fileSystem, waitMs }, (content) => {
    digest = checkStands(request, standingOfDirectory(content), increment);
    // The same checkpoint: nothing is new.
    return epoch === header.since.epoch ? undefined : { changes, epoch, sources, watermark };
  });
  return digest;
}

function standingOfFold(store: FoldStore): Standing {
  return {
    position: { kind: 'log', cursor: store.cursor },
    forEachEntry: (visit) => {
      store.forEachEntry(visit);
    },
  };
}

function standingOfReader(store: DirectoryStore): Standing {
  const { sources, watermark } = store;
  const epoch = liveEpoch(store.directory.manifest) - 1n;
  return standingOfDirectory({
    epoch,
    sources,
    watermark,
    forEachEntry: (visit) => {
      store.forEachEntry(visit);
    },
  });
}

function standingOfDirectory({ epoch, sources, watermark, forEachEntry }: LockedContent): Standing {
  return { position: { kind: 'directory', epoch, sources, watermark }, forEachEntry };
}

/** A store that is written to has no such positions: only what is made of the chain as a whole. */
function withinEpoch(path: string, { since, until }: Increment['header']): StatelogError {
  return new StatelogError(
    'NOT_REPRESENTABLE',
    `the increment goes from ${positionName(since)} to ${positionName(until)}, which is no checkpoint`,
    {
      path,
      safe: 'the store is as it was',
      hint: "it is a link of a chain in a bucket: 'statelog import URL NEW' follows it",
    },
  );
}

function otherKind(path: string, kind: 'directory' | 'log'): StatelogError {
  const name = kind === 'log' ? 'a fold log' : 'a state directory';
  return new StatelogError('SOURCE_MISMATCH', `the increment is of ${name}, and goes onto one`, {
    path,
    safe: 'nothing was changed',
    hint: `name ${name}`,
  });
}
