import { archive, type MapEntry } from './reference-content.js';

/** An entry of a map whose values have versions. */
export interface VersionedEntry extends MapEntry {
  readonly version: bigint;
}

/** A node of a map whose values have versions: where its keys start, and where it lies. */
export interface VersionedNode {
  readonly keysAt: number;
  readonly at: number;
  readonly end: number;
}

const ENTRIES = 5;
const TODAY = { leaf: 88, values: 44, valueBytes: 8, count: 84, children: 84 };
const VERSIONED = {
  leaf: 136,
  inner: 152,
  values: 48,
  valueBytes: 16,
  count: 128,
  children: 128,
  alignment: 8,
};
const MISSING = 1;

/**
 * The map that LaminarDB 0.1 to 0.16 writes of sorted entries: the tree has the shape that it has today, its nodes
 * another size.
 */
export function archiveVersioned(entries: readonly VersionedEntry[]): Uint8Array {
  return new Transcript(archive(entries), entries).bytes;
}

/** The entries of a store with these keys and values, put in this order: one behind the other, version after version. */
export function entriesPut(pairs: readonly (readonly [Uint8Array, number])[]): VersionedEntry[] {
  let offset = 0;
  return pairs.map(([key, length], index) => {
    const entry = { key, offset, length, version: BigInt(index + 1) };
    offset += length;
    return entry;
  });
}

/** All nodes of a whole map, in the order in which they lie. */
export function nodesOf(map: Uint8Array): VersionedNode[] {
  const view = new DataView(map.buffer, map.byteOffset, map.length);
  const nodes: VersionedNode[] = [];
  const visit = (at: number): void => {
    const isInner = map[at] === 1;
    for (let slot = 0; isInner && slot <= ENTRIES; slot++) {
      const field = at + VERSIONED.children + 4 * slot;
      const pointer = view.getInt32(field, true);
      if (pointer !== MISSING) visit(field + pointer);
    }
    const keysAt = at + 4 + view.getInt32(at + 4, true);
    nodes.push({ keysAt, at, end: at + (isInner ? VERSIONED.inner : VERSIONED.leaf) });
  };
  const reference = map.length - 8;
  if (view.getUint32(reference + 4, true) > 0) visit(reference + view.getInt32(reference, true));
  return nodes;
}

/** What the five slots of a node say, whether or not it has so many entries, and whatever became of its bytes. */
export function slotsOf(map: Uint8Array, { at }: VersionedNode): MapEntry[] {
  const view = new DataView(map.buffer, map.byteOffset, map.length);
  if (at + VERSIONED.leaf > map.length) return [];
  return Array.from({ length: ENTRIES }, (_, slot) => {
    const field = at + 4 + 8 * slot;
    const keyAt = Math.max(0, field + view.getInt32(field, true));
    const value = at + VERSIONED.values + VERSIONED.valueBytes * slot;
    return {
      key: map.slice(keyAt, Math.min(keyAt + view.getUint32(field + 4, true), map.length)),
      offset: view.getUint32(value, true),
      length: view.getUint32(value + 4, true),
    };
  });
}

/** The nodes of a map of today, written again one after the other. */
class Transcript {
  readonly #today: Uint8Array;
  readonly #view: DataView;
  readonly #versions: ReadonlyMap<string, bigint>;
  #written = Buffer.alloc(0);

  constructor(today: Uint8Array, entries: readonly VersionedEntry[]) {
    this.#today = today;
    this.#view = new DataView(today.buffer, today.byteOffset, today.length);
    this.#versions = new Map(entries.map(({ key, version }) => [Buffer.from(key).toString('hex'), version]));
    const reference = today.length - 8;
    const root = entries.length === 0 ? undefined : this.#copy(this.#target(reference)!);
    const end = Buffer.alloc(8);
    end.writeInt32LE(root === undefined ? MISSING : root - this.#written.length);
    end.writeUInt32LE(entries.length, 4);
    this.#append(end);
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#written);
  }

  #target(field: number): number | undefined {
    const pointer = this.#view.getInt32(field, true);
    return pointer === MISSING ? undefined : field + pointer;
  }

  /** @returns where the node, behind its children, was written to */
  #copy(at: number): number {
    const isInner = this.#today[at] === 1;
    const slots = Array.from({ length: ENTRIES + 1 }, (_, slot) => slot);
    const fields = isInner ? slots.map((slot) => this.#target(at + TODAY.children + 4 * slot)) : [];
    const children = fields.map((child) => (child === undefined ? undefined : this.#copy(child)));
    const count = isInner ? ENTRIES : this.#view.getUint32(at + TODAY.count, true);
    const keys = slots.slice(0, count).map((slot) => this.#key(at + 4 + 8 * slot));
    let keyAt = this.#written.length;
    this.#append(Buffer.concat(keys));
    const { alignment } = VERSIONED;
    this.#append(Buffer.alloc((alignment - (this.#written.length % alignment)) % alignment));
    const to = this.#written.length;
    const node = Buffer.alloc(isInner ? VERSIONED.inner : VERSIONED.leaf);
    node[0] = Number(isInner);
    for (const [slot, key] of keys.entries()) {
      node.writeInt32LE(keyAt - (to + 4 + 8 * slot), 4 + 8 * slot);
      node.writeUInt32LE(key.length, 8 + 8 * slot);
      keyAt += key.length;
      const value = at + TODAY.values + TODAY.valueBytes * slot;
      const into = VERSIONED.values + VERSIONED.valueBytes * slot;
      node.set(this.#today.subarray(value, value + TODAY.valueBytes), into);
      node.writeBigUInt64LE(this.#versions.get(key.toString('hex'))!, into + 8);
    }
    if (!isInner) node.writeUInt32LE(count, VERSIONED.count);
    for (const [slot, child] of children.entries()) {
      const field = VERSIONED.children + 4 * slot;
      node.writeInt32LE(child === undefined ? MISSING : child - (to + field), field);
    }
    this.#append(node);
    return to;
  }

  #key(field: number): Buffer {
    const keyAt = field + this.#view.getInt32(field, true);
    return Buffer.from(this.#today.subarray(keyAt, keyAt + this.#view.getUint32(field + 4, true)));
  }

  #append(bytes: Uint8Array): void {
    this.#written = Buffer.concat([this.#written, bytes]);
  }
}
