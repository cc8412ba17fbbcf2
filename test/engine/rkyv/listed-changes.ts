import { compareBytes } from '../../../src/engine/bytes/compare.js';
import type { MapChanges } from '../../../src/engine/rkyv/ordered-map/patch/patcher.js';
import type { MapEntry } from './reference-content.js';

/** An entry that is put, or deleted. */
export interface ChangedEntry extends MapEntry {
  readonly deleted: boolean;
}

/** Changes from a list in the order of their keys. */
export class ListedChanges implements MapChanges {
  buffer = new Uint8Array();
  readonly keyStart = 1;
  keyLength = 0;
  valueLength = 0;
  offset = 0;
  deleted = false;
  readonly #all: readonly ChangedEntry[];
  #index = 0;

  constructor(all: readonly ChangedEntry[]) {
    this.#all = all;
  }

  first(): boolean {
    return this.#show(0);
  }

  next(): boolean {
    return this.#show(this.#index + 1);
  }

  #show(index: number): boolean {
    this.#index = index;
    const change = this.#all[index];
    if (change === undefined) return false;
    this.buffer = Uint8Array.of(0xee, ...change.key, 0xee);
    this.keyLength = change.key.length;
    this.valueLength = change.length;
    this.offset = change.offset;
    this.deleted = change.deleted;
    return true;
  }
}

/** The entries after changes. */
export function mergeChanges(
  entries: readonly MapEntry[],
  changes: readonly ChangedEntry[],
): readonly MapEntry[] {
  const merged: MapEntry[] = [];
  let next = 0;
  for (const { key, offset, length, deleted } of changes) {
    for (; next < entries.length && compareBytes(entries[next]!.key, key) < 0; next++)
      merged.push(entries[next]!);
    if (next < entries.length && compareBytes(entries[next]!.key, key) === 0) next++;
    if (!deleted) merged.push({ key, offset, length });
  }
  return [...merged, ...entries.slice(next)];
}
