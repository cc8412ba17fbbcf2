import type { NodeId } from './effect.js';

/** The names in a folder at one moment, shared between images until somebody changes them. */
export class EntryMap {
  #entries: Map<string, NodeId>;
  #owned: boolean;

  constructor(entries = new Map<string, NodeId>(), owned = true) {
    this.#entries = entries;
    this.#owned = owned;
  }

  share(): EntryMap {
    this.#owned = false;
    return new EntryMap(this.#entries, false);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(name: string): NodeId | undefined {
    return this.#entries.get(name);
  }

  /** Undefined removes the name. */
  set(name: string, target: NodeId | undefined): void {
    if (!this.#owned) {
      this.#entries = new Map(this.#entries);
      this.#owned = true;
    }
    if (target === undefined) this.#entries.delete(name);
    else this.#entries.set(name, target);
  }

  names(): IterableIterator<string> {
    return this.#entries.keys();
  }

  targets(): IterableIterator<NodeId> {
    return this.#entries.values();
  }
}
