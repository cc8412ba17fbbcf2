import { equalBytes } from '../../../bytes/compare.js';
import { KvUpdate } from '../../../fold/format/update.js';
import { VersionToken } from '../../../fold/format/version-token.js';
import { WatchCursor } from '../../../fold/format/watch-cursor.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import type { FoldStore } from '../../../store/fold-store.js';
import type { Destination } from './destination.js';
import { readOrigin, writeOrigin, type Origin } from '../pull/origin.js';
import type { AppliedChange, Batch } from '../pull/pull-target.js';

/** A fold log: it keeps revisions, and the cursor in one apply with what is before it. */
export class FoldDestination implements Destination {
  readonly store: FoldStore;
  readonly #fileSystem: FileSystem;
  #origin: Origin | undefined;

  constructor(store: FoldStore, fileSystem: FileSystem) {
    this.store = store;
    this.#fileSystem = fileSystem;
    this.#origin = readOrigin(fileSystem, store.path);
  }

  get origin(): Origin | undefined {
    return this.#origin;
  }

  get cursor(): WatchCursor {
    return WatchCursor.fromBytes(this.store.cursor);
  }

  setOrigin(origin: Origin): void {
    writeOrigin(this.#fileSystem, this.store.path, origin);
    this.#origin = origin;
  }

  hasAllUpTo(cursor: WatchCursor, origin: Origin): boolean {
    const own = this.cursor.asU64();
    const asked = cursor.asU64();
    return this.#isOf(origin) && own !== undefined && asked !== undefined && own >= asked;
  }

  isCopyOf(origin: Origin): boolean {
    return this.store.count() === 0 || this.#isOf(origin);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a fold is written at once; others are waited for
  async apply({ changes, cursor, isRepeat }: Batch): Promise<void> {
    this.store.apply(
      this.#updates(isRepeat ? changes.filter((change) => !this.#has(change)) : changes),
      cursor,
    );
  }

  #updates(changes: readonly AppliedChange[]): KvUpdate[] {
    const put = new Set<string>();
    const updates: KvUpdate[] = [];
    for (const { key, value, revision } of changes) {
      const version = revision === undefined ? VersionToken.unknown() : VersionToken.fromU64(revision);
      if (value !== undefined) {
        put.add(key);
        updates.push(KvUpdate.put(key, value, version));
      } else if (put.has(key) || this.store.contains(key)) updates.push(KvUpdate.delete(key, version));
    }
    return updates;
  }

  #has({ key, value, revision }: AppliedChange): boolean {
    if (value === undefined || revision === undefined) return false;
    const own = this.store.get(new TextEncoder().encode(key));
    // In a bucket that was made anew a revision means another value.
    if (own?.version === undefined || !equalBytes(own.value, value)) return false;
    return VersionToken.fromBytes(own.version).asU64() === revision;
  }

  #isOf({ stream, created, prefix }: Origin): boolean {
    const own = this.#origin;
    return own?.stream === stream && own.created === created && own.prefix === prefix;
  }
}
