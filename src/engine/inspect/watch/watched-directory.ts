import { dirname } from 'node:path';
import { equalBytes } from '../../bytes/compare.js';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { readManifestBytes } from '../../directory/manifest/manifest-file.js';
import { decodeManifest, liveEpoch } from '../../directory/manifest/manifest.js';
import { isStatelogError, StatelogError } from '../../errors.js';
import type { Finding } from '../../finding.js';
import type { EntryRange } from '../../entry-cursor.js';
import { isInRange } from '../../entry-range.js';
import { TAG_DELETE, TAG_PUT } from '../../rkyv/entry/wal-entry-format.js';
import { DirectoryStore } from '../../store/directory-store.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { saidOf } from '../../storage-io/interface/system-error.js';
import { closeEach } from '../../storage-io/whole/close-each.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { listSegments } from '../../wal/folder/segment-folder.js';
import { Follow, type FollowEvent } from '../follow/follow.js';
import { GONE, told, WAITING, type WatchedStore, type WatchStep } from './watch-step.js';

/** A writer moves on while a checkpoint is opened: it is tried as often as this. */
const TRIES_MAX = 100;

/** A store's folder, held open, and a path that leads to it whatever has its name by now. */
interface OpenFolder {
  readonly descriptor: FileDescriptor;
  readonly root: string;
}

interface OpenedLogs {
  readonly folder: OpenFolder;
  readonly follow: Follow;
  readonly heldThrough: bigint;
}

/** How a store is watched. */
export interface WatchOptions {
  /** Only keys within it. */
  readonly range: EntryRange | undefined;
  /** Tell of what is there first; else of later changes alone. */
  readonly withContent: boolean;
}

/**
 * The changes of a state directory: what its newest checkpoint holds, in key order, and then every record of the logs behind it,
 * each once, as it is written.
 *
 * Invariants:
 * - the checkpoint is the newest of the manifest by which the logs were opened, so that what it does not hold is in them;
 * - all of it is read through the folder as it was opened: of another one in its place nothing is told.
 */
export class WatchedDirectory implements WatchedStore {
  readonly #fileSystem: FileSystem;
  readonly #path: string;
  readonly #folder: OpenFolder;
  readonly #options: WatchOptions;
  readonly #follow: Follow;
  /** Records up to this epoch are in the checkpoint. */
  readonly #heldThrough: bigint;
  /** By path of a segment: how much of it was there at the start, and is not to be told. */
  readonly #passedOver: ReadonlyMap<string, number>;
  #store: DirectoryStore | undefined;
  #content: Iterator<{ readonly key: Uint8Array; readonly value: Uint8Array }> | undefined;

  private constructor(
    fileSystem: FileSystem,
    path: string,
    options: WatchOptions,
    { folder, follow, heldThrough }: OpenedLogs,
  ) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#options = options;
    this.#follow = follow;
    this.#heldThrough = heldThrough;
    this.#folder = folder;
    this.#passedOver = options.withContent ? new Map() : sizesNow(fileSystem, folder.root, heldThrough + 1n);
  }

  /** @throws StatelogError as `Follow.open` and `DirectoryStore.openReadOnly` */
  static open(fileSystem: FileSystem, path: string, options: WatchOptions): WatchedDirectory {
    const descriptor = fileSystem.openDirectory(path);
    const folder = { descriptor, root: fileSystem.pathThrough(descriptor) ?? path };
    try {
      return saidOf(path, folder.root, () => WatchedDirectory.#openFolder(fileSystem, path, options, folder));
    } catch (error) {
      fileSystem.close(descriptor);
      throw error;
    }
  }

  static #openFolder(
    fileSystem: FileSystem,
    path: string,
    options: WatchOptions,
    folder: OpenFolder,
  ): WatchedDirectory {
    for (let tries = 1; ; tries++) {
      const watched = WatchedDirectory.#tryToOpen(fileSystem, path, options, folder);
      if (watched !== undefined) return watched;
      if (tries === TRIES_MAX) throw new StatelogError('IO_FAILED', 'the store changes too fast', { path });
    }
  }

  /** @returns undefined where a writer moved on meanwhile */
  static #tryToOpen(
    fileSystem: FileSystem,
    path: string,
    options: WatchOptions,
    folder: OpenFolder,
  ): WatchedDirectory | undefined {
    const layout = new DirectoryLayout(folder.root);
    const before = readManifestBytes(fileSystem, layout);
    const heldThrough = liveEpoch(decodeManifest(before, layout.manifest)) - 1n;
    const follow = Follow.open(fileSystem, folder.root);
    try {
      if (equalBytes(readManifestBytes(fileSystem, layout), before)) {
        const watched = new WatchedDirectory(fileSystem, path, options, { folder, follow, heldThrough });
        watched.#openContent();
        return watched;
      }
    } catch (error) {
      follow.close();
      // The checkpoint was removed meanwhile: there is a newer one.
      if (isStatelogError(error, 'EPOCH_NOT_FOUND')) return undefined;
      throw error;
    }
    follow.close();
    return undefined;
  }

  get folders(): readonly string[] {
    return [dirname(this.#path), ...this.#follow.folders];
  }

  next(): WatchStep {
    return saidOf(this.#path, this.#folder.root, () => this.#nextStep());
  }

  #nextStep(): WatchStep {
    const entry = this.#content?.next();
    if (entry !== undefined && entry.done !== true) return told({ op: 'put', ...entry.value });
    this.#closeContent();
    for (;;) {
      const event = this.#step();
      if (event === undefined) return GONE;
      if (event === 'finding') return { type: 'finding', finding: this.#named(this.#follow.finding!) };
      if (event === 'waiting') return this.#isReplaced() ? GONE : WAITING;
      const step = this.#record(this.#follow.segment);
      if (step !== undefined) return step;
    }
  }

  hold(): void {
    try {
      this.#follow.hold();
    } catch (error) {
      // The next step says that it is gone.
      if (!isStatelogError(error)) throw error;
    }
  }

  close(): void {
    closeQuietly(this.#fileSystem, this.#folder.descriptor);
    closeEach([this.#store, this.#follow]);
  }

  #openContent(): void {
    if (!this.#options.withContent || this.#heldThrough === 0n) return;
    const opening = { fileSystem: this.#fileSystem, at: this.#heldThrough };
    this.#store = DirectoryStore.openReadOnly(this.#folder.root, opening);
    this.#content = this.#store.entries(this.#options.range)[Symbol.iterator]();
  }

  #closeContent(): void {
    this.#content = undefined;
    this.#store?.close();
    this.#store = undefined;
  }

  #step(): FollowEvent | undefined {
    try {
      return this.#follow.next();
    } catch (error) {
      if (isStatelogError(error, 'NOT_FOUND') || this.#isReplaced()) return undefined;
      throw error;
    }
  }

  #isReplaced(): boolean {
    const { identity } = this.#fileSystem.statusOf(this.#folder.descriptor);
    return this.#fileSystem.statusFollowing(this.#path)?.identity !== identity;
  }

  /** A finding under the name that the user knows the store by. */
  #named(finding: Finding): Finding {
    const { root } = this.#folder;
    return finding.file.startsWith(root)
      ? { ...finding, file: this.#path + finding.file.slice(root.length) }
      : finding;
  }

  #record({ path, offset, recordBytes, view }: Follow['segment']): WatchStep | undefined {
    const { tag } = view;
    if (tag !== TAG_PUT && tag !== TAG_DELETE) return undefined;
    const { epoch } = view;
    if (epoch <= this.#heldThrough || offset + recordBytes <= (this.#passedOver.get(path) ?? 0))
      return undefined;
    const key = view.keyCopy();
    if (!isInRange(key, this.#options.range ?? {})) return undefined;
    const { coreId, sequence, timestampNs } = view;
    const record = { coreId, epoch, sequence, timestampNs };
    return tag === TAG_PUT
      ? told({ op: 'put', key, value: view.valueCopy(), record })
      : told({ op: 'delete', key, value: undefined, record });
  }
}

/** How long each segment of the live log is. */
function sizesNow(fileSystem: FileSystem, root: string, epoch: bigint): Map<string, number> {
  const folder = new DirectoryLayout(root).walOf(epoch);
  return new Map(
    listSegments(fileSystem, folder).map(({ path }) => [path, fileSystem.statusFollowing(path)?.size ?? 0]),
  );
}
