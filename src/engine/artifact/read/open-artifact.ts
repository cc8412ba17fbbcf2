import { join } from 'node:path';
import { checkBytes } from '../../bytes/byte-argument.js';
import { coreOfKey } from '../../directory/state/core-state.js';
import { CoresCursor } from '../../directory/state/cores-cursor.js';
import type { EntryRange } from '../../entry-cursor.js';
import type { FileStatus, FileSystem } from '../../storage-io/interface/file-system.js';
import { type FileSlice, slicedFileSystem } from '../../storage-io/views/composed-file-system.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import { CursorStore } from '../../store/cursor-store.js';
import { FoldStore } from '../../store/fold-store.js';
import type { EntryVisitor, ReadableStore, StoredEntry } from '../../store/store.js';
import {
  APPEND_LOG_BACKEND,
  FOLD_PATH,
  refuseOtherThanFold,
  verifyStagedFold,
} from '../backends/append-log-artifact.js';
import { throwFault, type OnFault } from '../format/artifact-check.js';
import { ArtifactStaging } from './artifact-staging.js';
import type { EntrySink } from './entry-sink.js';
import { MANIFEST_NAME } from '../format/format.js';
import type { ExportManifest } from '../format/manifest.js';
import { readArtifact } from './stage-artifact.js';
import { openStatePayload, STATE_BACKEND, type StatePayload } from '../backends/state-payload.js';

/** An artifact's manifest, and where its files lie. */
export interface LocatedArtifact {
  readonly path: string;
  /** Undefined where there is none and faults are only reported. */
  readonly manifest: ExportManifest | undefined;
  /** The given file system, with the payload's files in it as if they lay in a folder at the artifact's path. */
  readonly fileSystem: FileSystem;
}

/**
 * Reads an artifact, a folder or a tar, from end to end, holds it against its manifest, and keeps where each
 * file lies. Nothing is unpacked or written.
 * @throws StatelogError as `checkArtifact`, and what `onFault` makes of faults
 */
export function locateArtifact(
  fileSystem: FileSystem,
  path: string,
  onFault: OnFault,
  acceptManifest?: (manifest: ExportManifest) => void,
): LocatedArtifact {
  const options = { fileSystem, folder: undefined, origin: path, onFault, acceptManifest };
  const staging = new ArtifactStaging(options);
  const located = new LocatedEntries(staging, fileSystem, path);
  readArtifact(fileSystem, path, located, onFault);
  return { path, manifest: staging.finish(), fileSystem: slicedFileSystem(fileSystem, located.slices) };
}

/** True where the payload is of a backend that is ours to read, of whatever version. */
export function isOwnBackend({ backend }: ExportManifest): boolean {
  return backend === APPEND_LOG_BACKEND || backend === STATE_BACKEND;
}

/**
 * Opens the payload of an artifact that was found to be what its manifest says, where it lies, and checks
 * that it holds together in itself.
 * @param readOnce true: little of what is read of a fold log is kept in memory
 * @throws StatelogError `INVALID_ARTIFACT`; `UNKNOWN_FORMAT` and `UNSUPPORTED_VERSION` where it is not ours
 */
export function openPayload(
  { path, fileSystem }: LocatedArtifact,
  manifest: ExportManifest,
  readOnce = false,
): ReadableStore {
  if (manifest.backend === STATE_BACKEND) {
    const payload = openStatePayload(fileSystem, path, manifest, path);
    return new StateArtifact(path, payload);
  }
  refuseOtherThanFold(manifest, path);
  const pathOf = (file: string): string => join(path, file);
  verifyStagedFold(fileSystem, { manifest, pathOf }, path);
  return new FoldArtifact(path, FoldStore.load(pathOf(FOLD_PATH), fileSystem, readOnce));
}

/**
 * Opens an artifact, a folder or a tar, to be read where it lies: nothing is unpacked or written. All
 * of it is verified first, as for an import, so this takes as long as reading it; memory is that of the
 * keys of a fold log, and constant else.
 * @throws StatelogError `INVALID_ARTIFACT`, `DIGEST_MISMATCH`, `UNFINISHED_STREAM`; `UNKNOWN_FORMAT` and
 * `UNSUPPORTED_VERSION` for a payload that is not ours; what the file system throws
 */
export function openArtifact(fileSystem: FileSystem, path: string): ReadableStore {
  const located = locateArtifact(fileSystem, path, throwFault(path), (manifest) => {
    if (!isOwnBackend(manifest)) refuseOtherThanFold(manifest, path);
  });
  // With faults thrown there is a manifest, or no return from there.
  return openPayload(located, located.manifest!);
}

/** Passes entries on, and keeps where each file lies. */
class LocatedEntries implements EntrySink {
  readonly slices = new Map<string, FileSlice>();
  readonly #sink: EntrySink;
  readonly #fileSystem: FileSystem;
  readonly #root: string;
  readonly #rootStatus: FileStatus | undefined;

  constructor(sink: EntrySink, fileSystem: FileSystem, root: string) {
    this.#sink = sink;
    this.#fileSystem = fileSystem;
    this.#root = root;
    this.#rootStatus = fileSystem.statusFollowing(root);
  }

  folder(path: string): void {
    this.#sink.folder(path);
  }

  startFile(path: string, length: number, start: number): boolean {
    const isWanted = this.#sink.startFile(path, length, start);
    if (path !== MANIFEST_NAME) this.#keep(path, length, start);
    return isWanted;
  }

  #keep(path: string, length: number, start: number): void {
    const place = join(this.#root, path);
    const isFolder = this.#rootStatus?.kind === 'directory';
    const holder = isFolder ? this.#fileSystem.status(place) : this.#rootStatus;
    if (holder === undefined) return;
    this.slices.set(place, { path: isFolder ? place : this.#root, start, length, holder });
  }

  write(bytes: Uint8Array): void {
    this.#sink.write(bytes);
  }

  endFile(): void {
    this.#sink.endFile();
  }
}

/** An artifact of a fold log as commands see it. */
class FoldArtifact implements ReadableStore {
  readonly kind = 'artifact';
  readonly path: string;
  readonly epoch = undefined;
  readonly notices = [];
  readonly #fold: FoldStore;

  constructor(path: string, fold: FoldStore) {
    this.path = path;
    this.#fold = fold;
  }

  get cursor(): Uint8Array {
    return this.#fold.cursor;
  }

  get(key: Uint8Array): StoredEntry | undefined {
    return this.#fold.get(key);
  }

  entries(range?: EntryRange): Iterable<StoredEntry> {
    return this.#fold.entries(range);
  }

  lentEntries(range?: EntryRange): Iterable<StoredEntry> {
    return this.#fold.lentEntries(range);
  }

  forEachEntry(visit: EntryVisitor): void {
    this.#fold.forEachEntry(visit);
  }

  keys(range?: EntryRange): Iterable<Uint8Array> {
    return this.#fold.keys(range);
  }

  count(range?: EntryRange): number {
    return this.#fold.count(range);
  }

  close(): void {
    this.#fold.close();
  }
}

/** The state files of an artifact together. */
class StateArtifact extends CursorStore implements ReadableStore {
  readonly kind = 'artifact';
  readonly path: string;
  readonly notices = [];
  readonly cursor = undefined;
  readonly epoch: bigint;
  readonly cores: number;
  readonly sources: ReadonlyMap<string, bigint>;
  readonly watermark: bigint | undefined;
  readonly #files: StatePayload['cores'];

  constructor(path: string, { summary, cores }: StatePayload) {
    super();
    this.path = path;
    this.epoch = summary.epoch;
    this.sources = summary.sources;
    this.watermark = summary.watermark;
    this.cores = cores.length;
    this.#files = cores;
  }

  get(key: Uint8Array): StoredEntry | undefined {
    checkBytes(key, 'key');
    const file = this.#files[coreOfKey(key, this.cores)]!;
    return file.find(key) ? { key, value: file.value(file.offset, file.length).slice() } : undefined;
  }

  protected override entryCursor(): CoresCursor {
    return new CoresCursor(this.#files.map((file) => file.cursor()));
  }

  protected override countAll(): number {
    return this.#files.reduce((sum, file) => sum + file.count, 0);
  }

  close(): void {
    closeEach(this.#files);
  }
}
