import { checkBytes } from '../bytes/byte-argument.js';
import type { EntryRange } from '../entry-cursor.js';
import { entriesInRange, forEachEntryOf, keysInRange, positionsInRange } from '../entry-range.js';
import { openBarePair } from '../state/read/state-file-open.js';
import type { StateFile } from '../state/read/state-file.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import type { EntryVisitor, ReadableStore, StoredEntry } from './store.js';

/** A bare state file and its index as commands see them. */
export class StateFileStore implements ReadableStore {
  readonly kind = 'state-file';
  readonly path: string;
  readonly epoch = undefined;
  readonly cursor = undefined;
  readonly notices = [];
  readonly file: StateFile;

  constructor(path: string, fileSystem: FileSystem) {
    this.path = path;
    this.file = openBarePair(fileSystem, path);
  }

  get(key: Uint8Array): StoredEntry | undefined {
    checkBytes(key, 'key');
    if (!this.file.find(key)) return undefined;
    return { key, value: this.file.value(this.file.offset, this.file.length).slice() };
  }

  entries(range?: EntryRange): Iterable<StoredEntry> {
    return entriesInRange(this.file.cursor(), range);
  }

  forEachEntry(visit: EntryVisitor): void {
    forEachEntryOf(this.file.cursor(), visit);
  }

  keys(range?: EntryRange): Iterable<Uint8Array> {
    return keysInRange(this.file.cursor(), range);
  }

  count(range?: EntryRange): number {
    if (range === undefined) return this.file.count;
    let count = 0;
    for (const _ of positionsInRange(this.file.cursor(), range)) count++;
    return count;
  }

  close(): void {
    this.file.close();
  }
}
