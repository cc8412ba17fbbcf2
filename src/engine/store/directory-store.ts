import type { OpenStoreOptions, ReadStoreOptions } from '../directory/directory-options.js';
import { StateDirectory } from '../directory/state-directory.js';
import { liveEpoch } from '../directory/manifest/manifest.js';
import { markName, sourceOffsets } from '../directory/manifest/source-mark.js';
import { StatelogError } from '../errors.js';
import type { EntryRange } from '../entry-cursor.js';
import { cutNotice, type Finding } from '../finding.js';
import { treeBytes } from '../storage-io/whole/tree-bytes.js';
import { realFileSystem } from '../storage-io/real/real-file-system.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { remarksOn } from './remarks.js';
import type {
  CheckpointReport,
  CompactReport,
  EntryVisitor,
  PutOptions,
  StoreChange,
  StoreCommit,
  StoredEntry,
  WritableStore,
} from './store.js';

const NO_OPTIONS: PutOptions = {};

/** A state directory as commands see it. */
export class DirectoryStore implements WritableStore {
  readonly kind = 'directory';
  readonly path: string;
  readonly cursor = undefined;
  readonly directory: StateDirectory;
  readonly #fileSystem: FileSystem;

  private constructor(directory: StateDirectory, fileSystem: FileSystem) {
    this.path = directory.path;
    this.directory = directory;
    this.#fileSystem = fileSystem;
  }

  static openReadOnly(path: string, options: ReadStoreOptions = {}): DirectoryStore {
    const { fileSystem = realFileSystem() } = options;
    return new DirectoryStore(StateDirectory.openReadOnly(path, options), fileSystem);
  }

  static async open(path: string, options: OpenStoreOptions = {}): Promise<DirectoryStore> {
    const { fileSystem = realFileSystem() } = options;
    return new DirectoryStore(await StateDirectory.open(path, options), fileSystem);
  }

  get epoch(): bigint {
    return this.directory.epoch;
  }

  get cores(): number {
    return this.directory.manifest.cores;
  }

  get sources(): ReadonlyMap<string, bigint> {
    return this.directory.progress.sources;
  }

  get watermark(): bigint | undefined {
    return this.directory.progress.watermark;
  }

  get notices(): readonly Finding[] {
    const cut = this.directory.recovery?.cut ?? [];
    return [
      ...remarksOn(this.#fileSystem, this),
      ...this.directory.notices,
      ...cut.map((tail) => cutNotice(tail.path, tail)),
    ];
  }

  get copies(): readonly string[] {
    return (this.directory.recovery?.cut ?? []).map(({ copy }) => copy);
  }

  get(key: Uint8Array): StoredEntry | undefined {
    const value = this.directory.get(key);
    return value === undefined ? undefined : { key, value };
  }

  entries(range?: EntryRange): Iterable<StoredEntry> {
    return this.directory.scan(range);
  }

  lentEntries(range?: EntryRange): Iterable<StoredEntry> {
    return this.directory.lentEntries(range);
  }

  forEachEntry(visit: EntryVisitor): void {
    this.directory.forEachEntry(visit);
  }

  keys(range?: EntryRange): Iterable<Uint8Array> {
    return this.directory.keys(range);
  }

  count(range?: EntryRange): number {
    return this.directory.count(range);
  }

  put(key: Uint8Array, value: Uint8Array, options: PutOptions = NO_OPTIONS): void {
    refuseVersion(options);
    this.directory.put(key, value);
  }

  delete(key: Uint8Array, options: PutOptions = NO_OPTIONS): boolean {
    refuseVersion(options);
    return this.directory.delete(key);
  }

  writeGroup(changes: readonly StoreChange[], commit?: StoreCommit): void {
    for (const { version } of changes) refuseVersion({ version });
    this.directory.writeGroup(changes, commit);
  }

  async commit({ offsets, watermark }: StoreCommit): Promise<void> {
    await this.directory.commit(offsets, watermark);
  }

  async sync(): Promise<void> {
    await this.directory.sync();
  }

  sourcePosition(name: string): bigint {
    return this.directory.progress.sources.get(name) ?? 0n;
  }

  sourceMark(name: string): bigint | undefined {
    return this.directory.progress.sources.get(markName(name));
  }

  async syncSource(name: string, lines: bigint, mark?: bigint): Promise<void> {
    await this.directory.commit(sourceOffsets(name, lines, mark));
  }

  setCursor(): void {
    throw notOfDirectories('a cursor');
  }

  beginBatch(): void {
    this.directory.beginBatch();
  }

  async endBatch(): Promise<void> {
    await this.directory.endBatch();
  }

  async checkpoint({ keep }: { readonly keep?: number | undefined }): Promise<CheckpointReport> {
    const changed = await this.directory.checkpoint({ keep });
    const epoch = liveEpoch(this.directory.manifest) - 1n;
    return { epoch, cursor: undefined, keys: this.directory.count(), changed };
  }

  async compact(): Promise<CompactReport> {
    const bytesBefore = treeBytes(this.#fileSystem, this.path);
    await this.directory.compact();
    return { bytesBefore, bytesAfter: treeBytes(this.#fileSystem, this.path), keys: this.directory.count() };
  }

  checkHeld(): void {
    this.directory.checkHeld();
  }

  close(): void {
    this.directory.close();
  }
}

function refuseVersion({ revision, version }: PutOptions): void {
  if (revision !== undefined || (version !== undefined && version.length > 0))
    throw notOfDirectories('a revision');
}

function notOfDirectories(what: string): StatelogError {
  return new StatelogError('NOT_REPRESENTABLE', `a state directory keeps no such thing as ${what}`, {
    hint: 'fold logs do: create one with --kind log; a batch may lose it with --drop-revisions',
    safe: 'nothing was written',
  });
}
