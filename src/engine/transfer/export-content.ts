import { join } from 'node:path';
import { ContentDigest } from '../bytes/hash/content-digest.js';
import { cursorText } from '../fold/format/position-text.js';
import { forEachEntryOf } from '../entry-range.js';
import { isStatelogError } from '../errors.js';
import type { Finding } from '../finding.js';
import { appendLogContent } from '../artifact/backends/append-log-artifact.js';
import type { ArtifactContent } from '../artifact/write/payload.js';
import { StagingFolder } from '../storage-io/whole/staging-folder.js';
import { stateContent } from '../artifact/backends/state-content.js';
import { readDirectory, type DirectorySnapshot } from '../directory/read/reader.js';
import { AppendLogFold } from '../fold/store/append-log-fold.js';
import type { FoldRecord } from '../fold/format/record.js';
import { scanWholeLog } from '../fold/scan/replay.js';
import { scannedForm } from '../fold/scan/scanned-form.js';
import type { PathIdentity } from '../inspect/identify.js';
import { openReadable } from '../inspect/open.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import type { ReadableStore } from '../store/store.js';
import { buildDirectoryStore, buildFoldLog, entriesOf, type EntriesInOrder } from './build-store.js';
import { AttributeDigest } from '../lines/attribute-digest.js';
import { cursorLine, endLine, entryLine, headerLine } from '../lines/export-lines.js';
import { foldMoment, momentOfSnapshot, type Moment } from './chain/moment.js';
import { refuseLosses, type AllowedLosses, type Attributes } from './losses.js';
import type { ExportContent, ExportForm, ExportReport } from './prepared-export.js';
import type { Closeable } from '../storage-io/whole/close-each.js';

/** The source of an export and the form that it takes. */
export interface ExportRequest extends AllowedLosses {
  readonly fileSystem?: FileSystem | undefined;
  readonly source: string;
  /** Default: what fits the source's kind. */
  readonly as?: ExportForm | undefined;
  /** The epoch of a state directory's checkpoint to export; default: the state as it is now. */
  readonly at?: bigint | undefined;
  /**
   * The position after which changes are exported, alone: an epoch in decimal, a cursor in text, or the path of an increment
   * of the store, which says where it ended; default: all.
   */
  readonly since?: string | undefined;
  /**
   * The prefixes of the keys that a fold's artifact holds ([''] for all); with them it is an artifact of
   * schema 2.
   */
  readonly scope?: readonly string[] | undefined;
  /** Lets a fold log that is made hold values of 16 to 64 MiB. */
  readonly largeValues?: boolean | undefined;
  /** Seconds since 1970: the same gives the same bytes. */
  readonly createdAtUnix: number;
  /**
   * The destination, if it is known: an artifact's files are put together beside it; default: in the system's
   * temporary folder.
   */
  readonly scratchBeside?: string | undefined;
}

/** The content to export, and the remarks about its source. */
export interface Prepared {
  readonly content: ExportContent;
  readonly notices: readonly Finding[];
  /** Opens the content as a moment of the store's own history, where it is one. Close it before the rest is closed. */
  readonly moment?: (() => Moment) | undefined;
}

/** A hidden folder, made when it is first needed. */
export class Scratch {
  readonly #fileSystem: FileSystem;
  readonly #beside: string;
  #folder: StagingFolder | undefined;

  constructor(fileSystem: FileSystem, beside: string) {
    this.#fileSystem = fileSystem;
    this.#beside = beside;
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
export interface Preparing extends ExportRequest {
  readonly fileSystem: FileSystem;
  readonly identity: PathIdentity;
  readonly scratch: Scratch;
  /** Open until the export is done; closed from the last to the first. */
  readonly open: Closeable[];
}

type Report = Omit<ExportReport, 'path'>;

function openStore({ fileSystem, source, at, open }: Preparing): ReadableStore {
  const store = openReadable(source, { fileSystem, at });
  open.push(store);
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
    cursor: cursorText(cursor) ?? null,
    keys: digest.keys,
    digest: digest.hex(),
  };
}

/** Gone through once: what the end says is counted on the way. */
export function linesContent(preparing: Preparing): Prepared {
  const store = openStore(preparing);
  return { content: { lines: () => linesOf(store) }, notices: store.notices };
}

function* linesOf(store: ReadableStore): Generator<string, Report> {
  const { cursor, epoch, cores, sources, watermark } = store;
  const kind = store.kind === 'log' ? 'log' : 'directory';
  const header = { kind, cursor, epoch, cores, sources, watermark } as const;
  const digest = new ContentDigest();
  const attributes = new AttributeDigest(header);
  yield headerLine(header);
  for (const entry of store.entries()) {
    digest.add(entry.key, entry.value);
    attributes.add(entry.key, entry.version);
    yield* entryLine(entry);
  }
  if (cursor !== undefined && cursor.length > 0) yield cursorLine(cursor);
  const report = reportWith(digest, epoch, cursor);
  yield endLine({ keys: report.keys, digest: digest.hex(), attributes: attributes.hex() });
  return report;
}

/** Opened once, so that the report is of the very content that is written, whatever a writer does meanwhile. */
export function contentOf(form: 'append-log' | 'mmap-state', preparing: Preparing): Prepared {
  const { identity, source, at } = preparing;
  if (form === 'append-log') {
    if (identity.kind !== 'log' || at !== undefined) return builtFold(preparing);
    return compactLog(preparing) ?? indexedLog(preparing);
  }
  if (identity.kind !== 'directory') return builtDirectory(preparing);
  const snapshot = openSnapshot(preparing, source, at);
  const report = (): Report =>
    reportOf({ cursor: undefined, epoch: snapshot.epoch }, (visit) => {
      forEachEntryOf(snapshot.states.cursor(), visit);
    });
  return {
    content: { artifact: directoryContent(preparing, snapshot), report },
    notices: snapshot.notices,
    moment: () => {
      snapshot.states.hold();
      return momentOfSnapshot(snapshot);
    },
  };
}

/** A fold log in its compact form, gone through without an index; undefined where it is in another, or not whole. */
function compactLog(preparing: Preparing): Prepared | undefined {
  const { fileSystem, source, open, createdAtUnix, scope } = preparing;
  const descriptor = fileSystem.openRead(source);
  open.push({
    close: () => {
      fileSystem.close(descriptor);
    },
  });
  const { size, identity } = fileSystem.statusOf(descriptor);
  const log = { fileSystem, descriptor, path: source, size };
  const digest = new ContentDigest();
  try {
    const { cursor, compactForm } = scanWholeLog(log, digestPuts(digest));
    if (!compactForm) return undefined;
    const fold = { cursor, compactSizeBytes: log.size, compactChunks: () => scannedForm(log) };
    const report = reportWith(digest, undefined, cursor.toBytes());
    return {
      content: { artifact: appendLogContent(fold, createdAtUnix, scope), report: () => report },
      notices: [],
      moment: () => foldMoment(fileSystem, source, { identity, bytes: size }),
    };
  } catch (error) {
    // A torn end is left out of what is loaded, and what cannot be loaded says so then.
    if (isStatelogError(error, 'DAMAGED')) return undefined;
    throw error;
  }
}

function indexedLog(preparing: Preparing): Prepared {
  const { fileSystem, source } = preparing;
  const fold = openFold(preparing, source);
  const identity = fileSystem.statusFollowing(source)?.identity ?? '';
  const report = (): Report => {
    const digest = new ContentDigest();
    fold.forEachPut(digestPuts(digest));
    return reportWith(digest, undefined, fold.cursor.toBytes());
  };
  return {
    content: { artifact: appendLogContent(fold, preparing.createdAtUnix, preparing.scope), report },
    notices: fold.tornTail === undefined ? [] : [fold.tornTail],
    moment: () => foldMoment(fileSystem, source, { identity, bytes: fold.sizeBytes }),
  };
}

function digestPuts(digest: ContentDigest): (put: FoldRecord) => void {
  return ({ bytes, keyStart, keyLength, valueStart, valueLength }) => {
    digest.addParts(bytes, keyStart, keyLength, bytes, valueStart, valueLength);
  };
}

/** A fold of what another kind of store holds. */
function builtFold(preparing: Preparing): Prepared {
  const { fileSystem, scratch, createdAtUnix, source } = preparing;
  const store = openStore(preparing);
  refuseLosses(source, { ...attributesOf(store), hasVersions: false }, 'log', preparing);
  const path = join(scratch.path(), 'fold.snap');
  buildFoldLog(fileSystem, path, {
    forEachEntry: entriesOf(store),
    cursor: store.cursor,
    largeValues: preparing.largeValues,
  });
  const artifact = appendLogContent(openFold(preparing, path), createdAtUnix, preparing.scope);
  return { content: { artifact, report: () => reportOf(store, entriesOf(store)) }, notices: store.notices };
}

/** A checkpoint of what another kind of store holds. */
function builtDirectory(preparing: Preparing): Prepared {
  const { fileSystem, scratch, source } = preparing;
  const store = openStore(preparing);
  const attributes = attributesOf(store);
  refuseLosses(source, { ...attributes, hasVersions: hasVersions(store) }, 'directory', preparing);
  const { sources = new Map<string, bigint>(), watermark } = attributes;
  const root = join(scratch.path(), 'store');
  const summary = { epoch: 1n, sources, watermark, cores: [] };
  buildDirectoryStore(fileSystem, root, { forEachEntry: entriesOf(store), summary, cores: 1 });
  const artifact = directoryContent(preparing, openSnapshot(preparing, root));
  const report = (): Report => reportOf({ epoch: store.epoch, cursor: undefined }, entriesOf(store));
  return { content: { artifact, report }, notices: store.notices };
}

function attributesOf({ cursor, sources, watermark }: ReadableStore): Omit<Attributes, 'hasVersions'> {
  return { cursor, sources, watermark };
}

function openFold({ fileSystem, open }: Preparing, path: string): AppendLogFold {
  const fold = AppendLogFold.load(path, { fileSystem }).store;
  open.push(fold);
  return fold;
}

function openSnapshot({ fileSystem, open }: Preparing, root: string, at?: bigint): DirectorySnapshot {
  const snapshot = readDirectory({ fileSystem, root, at });
  open.push({ close: snapshot.states.release.bind(snapshot.states) });
  return snapshot;
}

function directoryContent(
  { fileSystem, scratch, createdAtUnix }: Preparing,
  snapshot: DirectorySnapshot,
): ArtifactContent {
  return stateContent(fileSystem, snapshot, () => scratch.subfolder('data'), createdAtUnix);
}

/** Only a fold log has any. */
function hasVersions(store: ReadableStore): boolean {
  if (store.kind !== 'log') return false;
  for (const { version } of store.entries()) if (version !== undefined && version.length > 0) return true;
  return false;
}
