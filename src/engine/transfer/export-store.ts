import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContentDigest } from '../bytes/content-digest.js';
import { toHex, toUtf8 } from '../bytes/text.js';
import { StatelogError } from '../errors.js';
import { appendLogContent } from '../artifact/append-log-artifact.js';
import type { ArtifactContent } from '../artifact/payload.js';
import { StagingFolder } from '../storage-io/staging-folder.js';
import { stateContent } from '../artifact/state-content.js';
import { artifactTar } from '../artifact/tar-writer.js';
import { writeArtifact, type ArtifactForm } from '../artifact/write-artifact.js';
import { readDirectory, type DirectorySnapshot } from '../directory/reader.js';
import { AppendLogFold } from '../fold/append-log-fold.js';
import { identify, type PathIdentity } from '../inspect/identify.js';
import { openReadable } from '../inspect/open.js';
import { createFile } from '../storage-io/atomic-write.js';
import type { FileSystem } from '../storage-io/file-system.js';
import { realFileSystem } from '../storage-io/real-file-system.js';
import { writeFully } from '../storage-io/write-fully.js';
import type { ReadableStore } from '../store/store.js';
import { buildDirectoryStore, buildFoldLog, entriesOf } from './build-store.js';
import { endLine, entryLine, headerLine } from './entry-lines.js';

/** What a snapshot is exported as. */
export const EXPORT_FORMS = ['append-log', 'mmap-state', 'ndjson'] as const;
export type ExportForm = (typeof EXPORT_FORMS)[number];

export interface ExportRequest {
  readonly fileSystem?: FileSystem | undefined;
  readonly source: string;
  /** Default: what fits the source's kind. */
  readonly as?: ExportForm | undefined;
  /** Of a state directory: as the checkpoint of this epoch has it. */
  readonly at?: bigint | undefined;
  /** Seconds since 1970: the same gives the same bytes. */
  readonly createdAtUnix: number;
  /** Where an artifact's files may be put together; default: the system's folder for temporary files. */
  readonly scratchBeside?: string | undefined;
}

/** What an export holds. */
export interface ExportReport {
  readonly path: string;
  /** Decimal; null where the kind has no epochs. */
  readonly epoch: string | null;
  /** Hex; null where there is none. */
  readonly cursor: string | null;
  readonly keys: number;
  /** BLAKE3 of the content, in hex. */
  readonly digest: string;
}

const TEXT_BYTES = 64 * 1024;

/** A snapshot whose content is fixed: write it where it should go, then close it. */
export class PreparedExport {
  readonly form: ExportForm;
  readonly report: Omit<ExportReport, 'path'>;
  readonly #fileSystem: FileSystem;
  readonly #content: ArtifactContent | undefined;
  readonly #lines: (() => Iterable<string>) | undefined;
  readonly #release: () => void;

  /** @internal */
  constructor(parts: {
    readonly form: ExportForm;
    readonly report: Omit<ExportReport, 'path'>;
    readonly fileSystem: FileSystem;
    readonly content?: ArtifactContent;
    readonly lines?: () => Iterable<string>;
    readonly release: () => void;
  }) {
    this.form = parts.form;
    this.report = parts.report;
    this.#fileSystem = parts.fileSystem;
    this.#content = parts.content;
    this.#lines = parts.lines;
    this.#release = parts.release;
  }

  /** The bytes of a tar, or of NDJSON; each chunk valid until the next is asked for. */
  *chunks(): Generator<Uint8Array, void> {
    if (this.#content !== undefined) {
      yield* artifactTar(this.#content);
      return;
    }
    let text = '';
    for (const line of this.#lines!()) {
      text += line;
      if (text.length < TEXT_BYTES) continue;
      yield toUtf8(text);
      text = '';
    }
    yield toUtf8(text);
  }

  /**
   * Writes the snapshot to a path: whole and on disk, or not there.
   * @throws StatelogError `ALREADY_EXISTS`
   */
  writeTo(destination: string, form: ArtifactForm): ExportReport {
    if (this.#content !== undefined) writeArtifact(this.#fileSystem, this.#content, destination, form);
    else {
      createFile(this.#fileSystem, destination, (descriptor) => {
        let position = 0;
        for (const chunk of this.chunks()) {
          writeFully(this.#fileSystem, descriptor, chunk, 0, chunk.length, position);
          position += chunk.length;
        }
      });
    }
    return { path: destination, ...this.report };
  }

  close(): void {
    this.#release();
  }
}

/**
 * Fixes a store's content for an export. Nothing that is written to the store afterwards is in it.
 * @throws StatelogError `NOT_REPRESENTABLE` where the form cannot hold it; what opening the source throws
 */
export function prepareExport(request: ExportRequest): PreparedExport {
  const { fileSystem = realFileSystem(), source, at } = request;
  const identity = identify(fileSystem, source);
  if (identity.kind === 'artifact-folder' || identity.kind === 'artifact-tar') throw artifactAlready(source);
  const form = request.as ?? (identity.kind === 'log' ? 'append-log' : 'mmap-state');
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
    const store = openReadable(source, { fileSystem, at });
    open.push(() => {
      store.close();
    });
    const report = reportOf(store);
    if (form === 'ndjson') {
      return new PreparedExport({ form, report, fileSystem, lines: () => linesOf(store, report), release });
    }
    const content =
      form === 'append-log'
        ? foldContent({ ...request, fileSystem }, identity, store, scratch, open)
        : directoryContent({ ...request, fileSystem }, identity, store, scratch, open);
    return new PreparedExport({ form, report, fileSystem, content, release });
  } catch (error) {
    release();
    throw error;
  }
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

  remove(): void {
    this.#folder?.remove();
  }
}

function reportOf(store: ReadableStore): Omit<ExportReport, 'path'> {
  const digest = new ContentDigest();
  store.forEachEntry((key, value) => {
    digest.add(key, value);
  });
  const { cursor, epoch } = store;
  return {
    epoch: epoch === undefined ? null : String(epoch),
    cursor: cursor === undefined || cursor.length === 0 ? null : toHex(cursor),
    keys: digest.keys,
    digest: digest.hex(),
  };
}

function* linesOf(
  store: ReadableStore,
  { keys, digest }: Omit<ExportReport, 'path'>,
): Generator<string, void> {
  const { cursor, epoch } = store;
  yield headerLine({ kind: store.kind === 'log' ? 'log' : 'directory', cursor, epoch, cores: store.cores });
  for (const entry of store.entries()) yield entryLine(entry);
  yield endLine({ keys, digest });
}

type Request = ExportRequest & { readonly fileSystem: FileSystem };

function foldContent(
  { fileSystem, source, createdAtUnix }: Request,
  { kind }: PathIdentity,
  store: ReadableStore,
  scratch: Scratch,
  open: (() => void)[],
): ArtifactContent {
  let path = source;
  if (kind !== 'log') {
    path = join(scratch.path(), 'fold.snap');
    buildFoldLog(fileSystem, path, { forEachEntry: entriesOf(store), cursor: undefined });
  }
  const fold = AppendLogFold.load(path, { fileSystem }).store;
  open.push(() => {
    fold.close();
  });
  return appendLogContent(fold, createdAtUnix);
}

function directoryContent(
  { fileSystem, source, at, createdAtUnix }: Request,
  { kind }: PathIdentity,
  store: ReadableStore,
  scratch: Scratch,
  open: (() => void)[],
): ArtifactContent {
  let root = source;
  if (kind !== 'directory') {
    refuseVersions(store);
    root = join(scratch.path(), 'store');
    buildDirectoryStore(fileSystem, root, { forEachEntry: entriesOf(store) });
  }
  const snapshot: DirectorySnapshot = readDirectory({ fileSystem, root, at });
  open.push(() => {
    snapshot.states.release();
  });
  const folder = join(scratch.path(), 'data');
  fileSystem.makeDirectory(folder);
  return stateContent(fileSystem, snapshot, folder, createdAtUnix);
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
