import { equalBytes } from '../../engine/bytes/compare.js';
import type { StoreChange, StoredEntry, WritableStore } from '../../engine/store/store.js';
import type { Condition } from './key-operation.js';

/** The entries that operations work on: a store's, or those as a group will leave them. */
export interface EntryView {
  get(key: Uint8Array): StoredEntry | undefined;
  put(key: Uint8Array, value: Uint8Array, version: Uint8Array | undefined): void;
  /** Returns whether the key was there. */
  delete(key: Uint8Array, version: Uint8Array | undefined): boolean;
}

/** A store's entries, changed at once. */
export function viewOf(store: WritableStore): EntryView {
  return new StoreView(store);
}

class StoreView implements EntryView {
  readonly #store: WritableStore;

  constructor(store: WritableStore) {
    this.#store = store;
  }

  get(key: Uint8Array): StoredEntry | undefined {
    return this.#store.get(key);
  }

  put(key: Uint8Array, value: Uint8Array, version: Uint8Array | undefined): void {
    if (version === undefined) this.#store.put(key, value);
    else this.#store.put(key, value, { version });
  }

  delete(key: Uint8Array, version: Uint8Array | undefined): boolean {
    return this.#store.delete(key, { version });
  }
}

/** The entries of a view whose changes lose their versions, which the store keeps none of. */
export function withoutVersions(view: EntryView): EntryView {
  return {
    get: (key) => view.get(key),
    put: (key, value) => {
      view.put(key, value, undefined);
    },
    delete: (key) => view.delete(key, undefined),
  };
}

/** A store's entries with changes over them that are not made yet. */
export class GroupView implements EntryView {
  readonly #store: WritableStore;
  readonly #changes = new Map<string, StoreChange>();

  constructor(store: WritableStore) {
    this.#store = store;
  }

  /** The last change of each key. */
  get changes(): StoreChange[] {
    return [...this.#changes.values()];
  }

  get(key: Uint8Array): StoredEntry | undefined {
    const change = this.#changes.get(nameOf(key));
    if (change === undefined) return this.#store.get(key);
    const { value, version } = change;
    return value === undefined ? undefined : { key, value, version };
  }

  put(key: Uint8Array, value: Uint8Array, version: Uint8Array | undefined): void {
    this.#changes.set(nameOf(key), { key, value, version });
  }

  delete(key: Uint8Array, version: Uint8Array | undefined): boolean {
    const isThere = this.get(key) !== undefined;
    this.#changes.set(nameOf(key), { key, value: undefined, version });
    return isThere;
  }
}

/** True where a condition holds of a value; undefined for a key that is not there. */
export function holds({ ifAbsent, ifValue }: Condition, value: Uint8Array | undefined): boolean {
  if (ifAbsent && value !== undefined) return false;
  return ifValue === undefined || (value !== undefined && equalBytes(value, ifValue));
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}
