import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContentDigest } from '../bytes/content-digest.js';
import { toHex } from '../bytes/text.js';
import { forEachEntryOf } from '../entry-range.js';
import { isStatelogError, StatelogError } from '../errors.js';
import { appendLogContent } from '../artifact/append-log-artifact.js';
import type { ArtifactContent } from '../artifact/payload.js';
import { StagingFolder } from '../storage-io/staging-folder.js';
import { stateContent } from '../artifact/state-content.js';
import { readDirectory, type DirectorySnapshot } from '../directory/reader.js';
import { AppendLogFold } from '../fold/append-log-fold.js';
import type { FoldRecord } from '../fold/record.js';
import { scanWholeLog } from '../fold/replay.js';
import { scannedForm } from '../fold/scanned-form.js';
import { identify, type PathIdentity } from '../inspect/identify.js';
import { openReadable } from '../inspect/open.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { realFileSystem } from '../storage-io/real-file-system.js';
import type { ReadableStore } from '../store/store.js';
import { buildDirectoryStore, buildFoldLog, entriesOf, type EntriesInOrder } from './build-store.js';
import { endLine, entryLine, headerLine } from './entry-lines.js';
import { PreparedExport, type ExportForm, type ExportReport } from './prepared-export.js';

export interface ExportRequest {
  readonly fileSystem?: FileSystem | undefined;
  readonly source: string;
  /** Default: what fits the source's kind. */
  readonly as?: ExportForm | undefined;
  /** Of a state directory: as the checkpoint of this epoch has it. */
  readonly at?: bigint | undefined;
  /** Of a fold's artifact: the prefixes of the keys that it holds ([''] for all), which makes it one of schema 2. */
  readonly scope?: readonly string[] | undefined;
  /** Lets a fold log that is made hold values of 16 to 64 MiB. */
  readonly largeValues?: boolean | undefined;
  /** Seconds since 1970: the same gives the same bytes. */
  readonly createdAtUnix: number;
  /** Where an artifact's files may be put together; default: the system's folder for temporary files. */
  readonly scratchBeside?: string | undefined;
}

/**
 * Fixes a store's content for an export. Nothing that is written to the store afterwards is in it.
 * @throws StatelogError `NOT_REPRESENTABLE` where the form cannot hold it; what opening the source throws
 */
export function prepareExport(request: ExportRequest): PreparedExport {
  const { fileSystem = realFileSystem(), source } = request;
  const identity = identify(fileSystem, source);
  if (identity.kind === 'artifact-folder' || identity.kind === 'artifact-tar') throw artifactAlready(source);
  const form = request.as ?? (identity.kind === 'log' ? 'append-log' : 'mmap-state');
  if (request.scope !== undefined && form !== 'append-log') throw noScope(source);
  const scratch = new Scratch(fileSystem, request.scratchBeside);
  const open: (() => void)[] = [
    () => {
      scratch.remove();
    },
  ];
  const release = (): void => {
    for (const close of open.reverse()) close();
    open.length = 0;
  };
  try {
    const preparing = { ...request, fileSystem, identity, scratch, open };
    if (form !== 'ndjson')
      return new PreparedExport({ form, fileSystem, release, ...contentOf(form, preparing) });
    const store = openStore(preparing);
    const report = reportOf(store, entriesOf(store));
    return new PreparedExport({ form, report, fileSystem, lines: () => linesOf(store, report), release });
  } catch (error) {
    release();
    throw error;
  }
}

function noScope(path: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', "only a fold's artifact says its scope", {
    path,
    safe: 'nothing was written',
    hint: 'export it with --as append-log, or leave out --scope',
  });
}

function artifactAlready(path: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', 'this is an export already', {
    path,
    safe: 'nothing was written',
    hint: `copy it as it is, or run 'statelog import ${path} STORE' to export it in another form`,
  });
}

/** A hidden folder, made when it is first needed. */
class Scratch {
  readonly #fileSystem: FileSystem;
  readonly #beside: string;
  #folder: StagingFolder | undefined;

  constructor(fileSystem: FileSystem, beside: string | undefined) {
    this.#fileSystem = fileSystem;
    this.#beside = beside ?? join(tmpdir(), 'statelog-export');
  }

  path(): string {
    this.#folder ??= StagingFolder.make(this.#fileSystem, this.#beside);
    return this.#folder.path;
  }

  /** Makes a folder in it. */
  subfolder(name: string): string {
    const path = join(this.path(), name);
    this.#fileSystem.makeDirectory(path);
    return path;
  }

  remove(): void {
    this.#folder?.remove();
  }
}

/** An export that is being prepared. */
interface Preparing extends ExportRequest {
  readonly fileSystem: FileSystem;
  readonly identity: PathIdentity;
  readonly scratch: Scratch;
  /** What is to be closed afterwards. */
  readonly open: (() => void)[];
}

type Report = Omit<ExportReport, 'path'>;

function openStore({ fileSystem, source, at, open }: Preparing): ReadableStore {
  const store = openReadable(source, { fileSystem, at });
  open.push(() => {
    store.close();
  });
  return store;
}

function reportOf(
  { cursor, epoch }: Pick<ReadableStore, 'cursor' | 'epoch'>,
  forEachEntry: EntriesInOrder,
): Report {
  const digest = new ContentDigest();
  forEachEntry((key, value) => {
    digest.add(key, value);
  });
  return reportWith(digest, epoch, cursor);
}

function reportWith(
  digest: ContentDigest,
  epoch: bigint | undefined,
  cursor: Uint8Array | undefined,
): Report {
  return {
    epoch: epoch === undefined ? null : String(epoch),
    cursor: cursor === undefined || cursor.length === 0 ? null : toHex(cursor),
    keys: digest.keys,
    digest: digest.hex(),
  };
}

function* linesOf(store: ReadableStore, { keys, digest }: Report): Generator<string, void> {
  const { cursor, epoch } = store;
  yield headerLine({ kind: store.kind === 'log' ? 'log' : 'directory', cursor, epoch, cores: store.cores });
  for (const entry of store.entries()) yield entryLine(entry);
  yield endLine({ keys, digest });
}

interface PreparedContent {
  readonly content: ArtifactContent;
  readonly report: Report;
}

/** Opened once, so that the report is of the very content that is written, whatever a writer does meanwhile. */
function contentOf(form: 'append-log' | 'mmap-state', preparing: Preparing): PreparedContent {
  const { identity, source, at } = preparing;
  if (form === 'append-log') {
    if (identity.kind !== 'log' || at !== undefined) return builtFold(preparing);
    return compactLog(preparing) ?? indexedLog(preparing);
  }
  if (identity.kind !== 'directory') return builtDirectory(preparing);
  const snapshot = openSnapshot(preparing, source, at);
  const report = reportOf({ cursor: undefined, epoch: snapshot.epoch }, (visit) => {
    forEachEntryOf(snapshot.states.cursor(), visit);
  });
  return { content: directoryContent(preparing, snapshot), report };
}

/** A fold log in its compact form, gone through without an index; undefined where it is in another, or not whole. */
function compactLog({
  fileSystem,
  source,
  open,
  createdAtUnix,
  scope,
}: Preparing): PreparedContent | undefined {
  const descriptor = fileSystem.openRead(source);
  open.push(() => {
    fileSystem.close(descriptor);
  });
  const log = { fileSystem, descriptor, path: source, size: fileSystem.statusOf(descriptor).size };
  const digest = new ContentDigest();
  try {
    const { cursor, compactForm } = scanWholeLog(log, digestPuts(digest));
    if (!compactForm) return undefined;
    const fold = { cursor, compactSizeBytes: log.size, compactChunks: () => scannedForm(log) };
    const report = reportWith(digest, undefined, cursor.toBytes());
    return { content: appendLogContent(fold, createdAtUnix, scope), report };
  } catch (error) {
    // A torn end is left out of what is loaded, and what cannot be loaded says so then.
    if (isStatelogError(error, 'DAMAGED')) return undefined;
    throw error;
  }
}

function indexedLog(preparing: Preparing): PreparedContent {
  const fold = openFold(preparing, preparing.source);
  const digest = new ContentDigest();
  fold.forEachPut(digestPuts(digest));
  const report = reportWith(digest, undefined, fold.cursor.toBytes());
  return { content: appendLogContent(fold, preparing.createdAtUnix, preparing.scope), report };
}

function digestPuts(digest: ContentDigest): (put: FoldRecord) => void {
  return ({ bytes, keyStart, keyLength, valueStart, valueLength }) => {
    digest.addParts(bytes, keyStart, keyLength, bytes, valueStart, valueLength);
  };
}

/** A fold of what another kind of store holds. */
function builtFold(preparing: Preparing): PreparedContent {
  const { fileSystem, scratch, createdAtUnix } = preparing;
  const store = openStore(preparing);
  const path = join(scratch.path(), 'fold.snap');
  buildFoldLog(fileSystem, path, {
    forEachEntry: entriesOf(store),
    cursor: undefined,
    largeValues: preparing.largeValues,
  });
  const content = appendLogContent(openFold(preparing, path), createdAtUnix, preparing.scope);
  return { content, report: reportOf(store, entriesOf(store)) };
}

/** A checkpoint of what another kind of store holds. */
function builtDirectory(preparing: Preparing): PreparedContent {
  const { fileSystem, scratch } = preparing;
  const store = openStore(preparing);
  refuseVersions(store);
  const root = join(scratch.path(), 'store');
  buildDirectoryStore(fileSystem, root, { forEachEntry: entriesOf(store) });
  const content = directoryContent(preparing, openSnapshot(preparing, root));
  return { content, report: reportOf(store, entriesOf(store)) };
}

function openFold({ fileSystem, open }: Preparing, path: string): AppendLogFold {
  const fold = AppendLogFold.load(path, { fileSystem }).store;
  open.push(() => {
    fold.close();
  });
  return fold;
}

function openSnapshot({ fileSystem, open }: Preparing, root: string, at?: bigint): DirectorySnapshot {
  const snapshot = readDirectory({ fileSystem, root, at });
  open.push(() => {
    snapshot.states.release();
  });
  return snapshot;
}

function directoryContent(
  { fileSystem, scratch, createdAtUnix }: Preparing,
  snapshot: DirectorySnapshot,
): ArtifactContent {
  return stateContent(fileSystem, snapshot, () => scratch.subfolder('data'), createdAtUnix);
}

function refuseVersions(store: ReadableStore): void {
  let versions = 0;
  store.forEachEntry((_key, _value, version) => {
    if (version !== undefined && version.length > 0) versions++;
  });
  if (versions === 0) return;
  throw new StatelogError('NOT_REPRESENTABLE', 'a mmap-state artifact holds no revisions', {
    path: store.path,
    safe: 'nothing was written',
    hint: `export it as append-log, and 'statelog import --kind directory --drop-revisions' there`,
  });
}
