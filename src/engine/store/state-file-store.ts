import { checkBytes } from '../bytes/byte-argument.js';
import type { EntryCursor } from '../entry-cursor.js';
import type { Finding } from '../finding.js';
import { noticeOfForeignPair } from '../state/read/foreign-pair.js';
import { openBarePair } from '../state/read/state-file-open.js';
import type { StateFile } from '../state/read/state-file.js';
import type { FileSystem } from '../storage-io/interface/file-system.js';
import { CursorStore } from './cursor-store.js';
import type { ReadableStore, StoredEntry } from './store.js';

/** A bare state file and its index as commands see them. */
export class StateFileStore extends CursorStore implements ReadableStore {
  readonly kind = 'state-file';
  readonly path: string;
  readonly epoch = undefined;
  readonly cursor = undefined;
  readonly notices: readonly Finding[];
  readonly file: StateFile;

  constructor(path: string, fileSystem: FileSystem) {
    super();
    this.path = path;
    this.file = openBarePair(fileSystem, path);
    const notice = noticeOfForeignPair(fileSystem, this.file);
    this.notices = notice === undefined ? [] : [notice];
  }

  get(key: Uint8Array): StoredEntry | undefined {
    checkBytes(key, 'key');
    if (!this.file.find(key)) return undefined;
    return { key, value: this.file.value(this.file.offset, this.file.length).slice() };
  }

  protected override entryCursor(): EntryCursor {
    return this.file.cursor();
  }

  protected override countAll(): number {
    return this.file.count;
  }

  close(): void {
    this.file.close();
  }
}
