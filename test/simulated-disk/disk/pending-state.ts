import type { ByteImage } from './byte-image.js';
import { SimulatedDisk } from './disk.js';
import type { EntryEffect, FileEffect, NodeId, WriteEffect } from './effect.js';
import { applyFileEffect, sizeAfter } from './effect.js';
import type { EntryMap } from './entry-map.js';
import type { DiskNode } from './node.js';
import { FileNode, FolderNode } from './node.js';
import type { Tear } from '../power-loss/tear.js';
import { applyTorn } from '../power-loss/tear.js';

/** Which of the optional effects are on the disk: 1 for those that are. */
export type Kept = Uint8Array;

/** An effect that a power loss may undo, and the file it is on (undefined for names). */
export interface OptionalEffect {
  readonly effect: FileEffect | EntryEffect;
  readonly file: NodeId | undefined;
}

/** An effect in its file's or the disk's order, with its number among the optional ones; -1 if it stays. */
interface NumberedEffect<T> {
  readonly effect: T;
  readonly number: number;
}

/** The names for one choice of entry effects. */
interface NamesState {
  readonly folders: readonly FolderNode[];
  readonly reachable: ReadonlySet<NodeId>;
}

const KEPT = '1';
const LOST = '0';

/**
 * What is pending on a disk at one moment, from which any image of that moment is put together.
 * What two images have in common is made once and shared, frozen, between them.
 */
export class PendingState {
  /** In the order in which they took place. */
  readonly optional: readonly OptionalEffect[];
  readonly #disk: SimulatedDisk;
  readonly #ticks: number;
  /** Every node as a disk without optional effects has it. */
  readonly #frozen: readonly DiskNode[];
  readonly #files = new Map<NodeId, NumberedEffect<FileEffect>[]>();
  readonly #entries: NumberedEffect<EntryEffect>[];
  readonly #names = new Map<string, NamesState>();
  readonly #contents = new Map<NodeId, Map<string, FileNode>>();

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
    this.#ticks = disk.ticks;
    this.#frozen = disk.nodes.map(freeze);
    this.optional = collectOptional(disk);
    const numbers = new Map(this.optional.map(({ effect }, number) => [effect, number]));
    const numbered = <T extends FileEffect | EntryEffect>(effects: readonly T[]): NumberedEffect<T>[] =>
      effects.map((effect) => ({ effect, number: numbers.get(effect) ?? -1 }));
    this.#entries = numbered(disk.entryEffects);
    for (const { file } of this.optional) {
      if (file === undefined || this.#files.has(file)) continue;
      this.#files.set(file, numbered((disk.nodes[file] as FileNode).effects));
      this.#contents.set(file, new Map());
    }
  }

  /** Files that have optional effects. */
  get files(): IterableIterator<NodeId> {
    return this.#files.keys();
  }

  /** Leaves out what no path leads to: images that differ only there are the same. */
  canonical(kept: Kept): Kept {
    const { reachable } = this.#namesFor(kept);
    const canonical = kept.slice();
    for (const [file, effects] of this.#files) {
      if (reachable.has(file)) continue;
      for (const { number } of effects) if (number >= 0) canonical[number] = 0;
    }
    return canonical;
  }

  /** The last kept write of a file that is not durable: the one that may be torn. */
  lastKeptWrite(file: NodeId, kept: Kept): WriteEffect | undefined {
    const effects = this.#files.get(file) ?? [];
    const last = effects.findLast(({ number }) => number >= 0 && kept[number] === 1)?.effect;
    return last?.kind === 'write' ? last : undefined;
  }

  /** The file as it was before an effect, for one choice. */
  contentBefore(file: NodeId, kept: Kept, end: FileEffect): ByteImage {
    const image = (this.#frozen[file] as FileNode).durable.share();
    for (const { effect, number } of this.#files.get(file) ?? []) {
      if (effect === end) break;
      if (number < 0 || kept[number] === 1) applyFileEffect(image, effect);
    }
    return image;
  }

  /** How long the file was before an effect, for one choice. */
  sizeBefore(file: NodeId, kept: Kept, end: FileEffect): number {
    let { size } = (this.#frozen[file] as FileNode).durable;
    for (const { effect, number } of this.#files.get(file) ?? []) {
      if (effect === end) break;
      if (number < 0 || kept[number] === 1) size = sizeAfter(size, effect);
    }
    return size;
  }

  /** All nodes of the image with the chosen effects, to be copied by each disk made of them. */
  nodes(kept: Kept): readonly DiskNode[] {
    const nodes = this.#frozen.slice();
    for (const folder of this.#namesFor(kept).folders) nodes[folder.id] = folder;
    for (const file of this.#files.keys()) nodes[file] = this.#contentFor(file, kept);
    return nodes;
  }

  /** A file of which one write is torn; `before` is its content before that write. */
  tornFile(file: NodeId, kept: Kept, before: ByteImage, write: WriteEffect, tear: Tear): FileNode {
    const image = applyTorn(before, write, tear);
    let after = false;
    for (const { effect, number } of this.#files.get(file) ?? []) {
      if (after && (number < 0 || kept[number] === 1)) applyFileEffect(image, effect);
      after ||= effect === write;
    }
    return FileNode.frozenOf(file, this.#frozen[file]!.modified, image);
  }

  /** A disk of these nodes. */
  disk(nodes: DiskNode[]): SimulatedDisk {
    const disk = new SimulatedDisk(this.#disk.options, nodes);
    disk.ticks = this.#ticks;
    return disk;
  }

  #contentFor(file: NodeId, kept: Kept): FileNode {
    const effects = this.#files.get(file) ?? [];
    const made = this.#contents.get(file)!;
    const key = keyOf(effects, kept);
    let node = made.get(key);
    if (node === undefined) {
      const image = (this.#frozen[file] as FileNode).durable.share();
      for (const { effect, number } of effects) {
        if (number < 0 || kept[number] === 1) applyFileEffect(image, effect);
      }
      node = FileNode.frozenOf(file, this.#frozen[file]!.modified, image);
      made.set(key, node);
    }
    return node;
  }

  #namesFor(kept: Kept): NamesState {
    const key = keyOf(this.#entries, kept);
    let state = this.#names.get(key);
    if (state === undefined) {
      state = this.#makeNames(kept);
      this.#names.set(key, state);
    }
    return state;
  }

  #makeNames(kept: Kept): NamesState {
    const changed = new Map<NodeId, EntryMap>();
    for (const { effect, number } of this.#entries) {
      if (number >= 0 && kept[number] !== 1) continue;
      for (const { folder, name, target } of effect.changes) {
        const entries = changed.get(folder) ?? (this.#frozen[folder] as FolderNode).durable.share();
        entries.set(name, target);
        changed.set(folder, entries);
      }
    }
    const folders = Array.from(changed, ([id, entries]) =>
      FolderNode.frozenOf(id, this.#frozen[id]!.modified, entries),
    );
    const nodes = this.#frozen.slice();
    for (const folder of folders) nodes[folder.id] = folder;
    return { folders, reachable: reachableFrom(nodes, (folder) => folder.durable.targets()) };
  }
}

function freeze(node: DiskNode): DiskNode {
  if ('frozen' in node && node.frozen) return node;
  if (node.kind === 'file') return FileNode.frozenOf(node.id, node.modified, node.durable);
  if (node.kind === 'directory') return FolderNode.frozenOf(node.id, node.modified, node.durable);
  return node;
}

/** Which choices a list of effects sees: equal keys, equal outcome. */
function keyOf(effects: readonly NumberedEffect<unknown>[], kept: Kept): string {
  let key = '';
  for (const { number } of effects) if (number >= 0) key += kept[number] === 1 ? KEPT : LOST;
  return key;
}

/** All effects that a power loss may undo, save those on files that no image can have a name for. */
function collectOptional(disk: SimulatedDisk): OptionalEffect[] {
  const added = new Map<NodeId, NodeId[]>();
  for (const { changes } of disk.entryEffects) {
    for (const { folder, target } of changes) {
      if (target !== undefined) added.set(folder, [...(added.get(folder) ?? []), target]);
    }
  }
  const nameable = reachableFrom(disk.nodes, (folder) => [
    ...folder.durable.targets(),
    ...(added.get(folder.id) ?? []),
  ]);
  const optional: OptionalEffect[] = disk.entryEffects
    .filter((effect) => effect.state !== 'durable')
    .map((effect) => ({ effect, file: undefined }));
  for (const node of disk.nodes) {
    if (node.kind !== 'file' || !nameable.has(node.id)) continue;
    for (const effect of node.effects)
      if (effect.state !== 'durable') optional.push({ effect, file: node.id });
  }
  return optional.sort((left, right) => left.effect.sequence - right.effect.sequence);
}

function reachableFrom(
  nodes: readonly DiskNode[],
  targetsOf: (folder: FolderNode) => Iterable<NodeId>,
): Set<NodeId> {
  const reached = new Set<NodeId>();
  const left: NodeId[] = [0];
  for (let id = left.pop(); id !== undefined; id = left.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    const node = nodes[id];
    if (node?.kind === 'directory') left.push(...targetsOf(node));
  }
  return reached;
}
