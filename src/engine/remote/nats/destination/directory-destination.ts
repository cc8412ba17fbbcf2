import { lineMark } from '../../../directory/manifest/source-mark.js';
import type { WatchCursor } from '../../../fold/format/watch-cursor.js';
import type { DirectoryStore } from '../../../store/directory-store.js';
import type { Destination } from './destination.js';
import type { Origin } from '../pull/origin.js';
import type { Batch } from '../pull/pull-target.js';

/**
 * A state directory: it keeps no revisions. How far it has come stands in it like the position of any source (`put --source`),
 * in one commit with what is before it, under the name of the stream; beside it, what tells that stream from others of its name.
 */
export class DirectoryDestination implements Destination {
  readonly store: DirectoryStore;
  #origin: Origin | undefined;

  constructor(store: DirectoryStore) {
    this.store = store;
  }

  setOrigin(origin: Origin): void {
    this.#origin = origin;
  }

  hasAllUpTo(cursor: WatchCursor, origin: Origin): boolean {
    const asked = cursor.asU64();
    const name = sourceName(origin);
    return this.#isOf(origin) && asked !== undefined && this.store.sourcePosition(name) >= asked;
  }

  isCopyOf(origin: Origin): boolean {
    return this.store.count() === 0 || this.#isOf(origin);
  }

  async apply({ changes, cursor }: Batch): Promise<void> {
    const encoder = new TextEncoder();
    for (const { key, value } of changes) {
      if (value === undefined) this.store.delete(encoder.encode(key));
      else this.store.put(encoder.encode(key), value);
    }
    if (this.#origin === undefined) await this.store.sync();
    else await this.store.syncSource(sourceName(this.#origin), cursor.asU64() ?? 0n, markOf(this.#origin));
  }

  #isOf(origin: Origin): boolean {
    return this.store.sourceMark(sourceName(origin)) === markOf(origin);
  }
}

function sourceName({ stream }: Origin): string {
  return `nats:${stream}`;
}

function markOf({ created, prefix }: Origin): bigint {
  return lineMark(new TextEncoder().encode(`${created} ${prefix}`));
}
