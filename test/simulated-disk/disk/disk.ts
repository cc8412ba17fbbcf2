import { systemError } from '../../../src/engine/storage-io/interface/system-error.js';
import { ByteImage } from './byte-image.js';
import type { EntryChange, EntryEffect, FileEffect, NodeId } from './effect.js';
import type { OpenFile } from '../descriptor-table.js';
import type { DiskNode, OddNode } from './node.js';
import { FileNode, FolderNode } from './node.js';
import type { Place } from './path-walk.js';
import { walk } from './path-walk.js';

const ROOT: NodeId = 0;

/** Distributes `Omit` over the kinds of effect. */
type Unnumbered<T> = T extends unknown ? Omit<T, 'sequence' | 'state'> : never;

/** How a disk behaves. */
export interface DiskOptions {
  /**
   * Cuts each write at multiples of this offset into effects of its own, as a kernel that writes
   * back page by page: any of its pages may then be missing after a power loss. Default: none.
   */
  readonly pageBytes?: number;
}

/** A file's first bytes, as a process has them mapped. */
interface MappedBytes {
  readonly id: NodeId;
  readonly bytes: Uint8Array;
}

/**
 * A disk that knows what a power loss may take from it. Sessions (`SimulatedFileSystem`) change
 * it; `powerLossImages` says what may be left.
 *
 * Invariants:
 * - What is read is always the cached state; only syncs move anything to the durable one.
 * - A node that is frozen belongs to several disks: `file` and `folder` give one to change.
 * - Effects are kept in the order in which they took place.
 */
export class SimulatedDisk {
  readonly nodes: DiskNode[];
  entryEffects: EntryEffect[] = [];
  readonly #locks = new Map<NodeId, OpenFile>();
  readonly options: DiskOptions;
  /** As `DiskOptions.pageBytes`; Infinity without. */
  readonly pageBytes: number;
  #sequence = 0;
  /** A clock of changes, for the times that files were modified. */
  ticks = 0;
  #linkCounts: Map<NodeId, number> | undefined;
  /** What has been mapped and not unmapped: writes show in it, as in a shared mapping of a kernel. */
  readonly #mapped = new Set<MappedBytes>();

  constructor(options: DiskOptions = {}, nodes: DiskNode[] = [new FolderNode(ROOT, 0)]) {
    this.nodes = nodes;
    this.options = options;
    this.pageBytes = options.pageBytes ?? Infinity;
  }

  get root(): FolderNode {
    return this.nodes[ROOT] as FolderNode;
  }

  walk(operation: string, path: string, followLast: boolean): Place {
    return walk(this.nodes, this.root, operation, path, followLast);
  }

  /** A file to change. */
  file(id: NodeId): FileNode {
    const node = this.nodes[id];
    if (node?.kind !== 'file') throw new RangeError(`node ${id} is no file`);
    if (!node.frozen) return node;
    const thawed = node.thaw();
    this.nodes[id] = thawed;
    return thawed;
  }

  /** A folder to change. */
  folder(id: NodeId): FolderNode {
    const node = this.nodes[id];
    if (node?.kind !== 'directory') throw new RangeError(`node ${id} is no folder`);
    if (!node.frozen) return node;
    const thawed = node.thaw();
    this.nodes[id] = thawed;
    return thawed;
  }

  createFile(place: Place): NodeId {
    const id = this.nodes.length;
    this.nodes.push(new FileNode(id, this.#tick()));
    this.changeEntries([{ folder: place.folder.id, name: place.name, target: id }]);
    return id;
  }

  createFolder(place: Place): NodeId {
    const id = this.nodes.length;
    this.nodes.push(new FolderNode(id, this.#tick()));
    this.changeEntries([{ folder: place.folder.id, name: place.name, target: id }]);
    return id;
  }

  changeEntries(changes: readonly EntryChange[]): void {
    for (const { folder, name, target } of changes) {
      const node = this.folder(folder);
      node.cached.set(name, target);
      node.modified = this.#tick();
    }
    this.entryEffects.push({ kind: 'entries', changes, sequence: this.#nextSequence(), state: 'pending' });
    this.#linkCounts = undefined;
  }

  write(id: NodeId, position: number, from: Uint8Array, offset: number, length: number): void {
    const end = position + length;
    for (let at = position; at < end;) {
      const boundary = Math.min(end, (Math.floor(at / this.pageBytes) + 1) * this.pageBytes);
      const start = offset + at - position;
      const bytes = new Uint8Array(from.subarray(start, start + boundary - at));
      this.#change(id, { kind: 'write', position: at, bytes });
      at = boundary;
    }
  }

  resize(id: NodeId, size: number): void {
    if (this.file(id).cached.size !== size) this.#change(id, { kind: 'resize', size });
  }

  /** `lost` for a sync that failed: what was pending may or may not be on disk for good. */
  syncFile(id: NodeId, outcome: 'durable' | 'lost'): void {
    const node = this.nodes[id];
    if (node?.kind === 'file' && node.effects.length > 0) node.settle(outcome);
  }

  syncFolder(id: NodeId, outcome: 'durable' | 'lost'): void {
    for (const effect of this.entryEffects) {
      const concerned = effect.changes.some((change) => change.folder === id);
      if (concerned && effect.state === 'pending') effect.state = outcome;
    }
    this.#settleEntries();
  }

  /** Maps a file's first bytes. @returns them, and what ends the mapping */
  map(id: NodeId, length: number): { bytes: Uint8Array; unmap: () => void } {
    const bytes = new Uint8Array(length);
    bytes.set(this.file(id).cached.view().subarray(0, length));
    const mapped = { id, bytes };
    this.#mapped.add(mapped);
    return { bytes, unmap: () => this.#mapped.delete(mapped) };
  }

  /** True if the lock on the file is now this open file's, as flock has it. */
  tryLock(file: OpenFile): boolean {
    const holder = this.#locks.get(file.id);
    if (holder === undefined) this.#locks.set(file.id, file);
    return holder === undefined || holder === file;
  }

  unlock(file: OpenFile): void {
    if (this.#locks.get(file.id) === file) this.#locks.delete(file.id);
  }

  /** The process that holds the lock on a file. */
  lockPid(id: NodeId): number | undefined {
    return this.#locks.get(id)?.pid;
  }

  /** How many names a file has. */
  linkCount(id: NodeId): number {
    this.#linkCounts ??= this.#countLinks();
    return this.#linkCounts.get(id) ?? 0;
  }

  /** Puts a file, durable, where a test wants one; folders above it are made. */
  plantFile(path: string, bytes: Uint8Array): void {
    this.lendFile(path, new Uint8Array(bytes));
  }

  /** The same without a copy: the bytes must not change while the disk is in use, and the disk never changes them. */
  lendFile(path: string, bytes: Uint8Array): void {
    const before = this.#sequence;
    const place = this.#plantFolders(path);
    const id = this.createFile(place);
    this.file(id).cached = new ByteImage(bytes);
    this.file(id).durable = new ByteImage(bytes);
    this.#settleSince(before);
  }

  /** Puts a FIFO, a socket, a device or a symbolic link, durable, where a test wants one. */
  plantOddity(path: string, kind: OddNode['kind'], linkTarget = ''): void {
    const before = this.#sequence;
    const place = this.#plantFolders(path);
    const id = this.nodes.length;
    this.nodes.push({ kind, id, modified: this.#tick(), linkTarget });
    this.changeEntries([{ folder: place.folder.id, name: place.name, target: id }]);
    this.#settleSince(before);
  }

  /** What a reader would find in a file at the moment. */
  fileBytes(path: string): Uint8Array {
    const { node } = this.walk('open', path, true);
    if (node?.kind !== 'file') throw systemError('open', path, 'ENOENT');
    return node.cached.view().slice();
  }

  /** A disk that goes its own way from here, pending effects included. */
  clone(): SimulatedDisk {
    const nodes = this.nodes.map((node) => {
      if (node.kind !== 'file' && node.kind !== 'directory') return node;
      const copy = node.thaw();
      if (node.kind === 'file' && copy.kind === 'file')
        copy.effects = node.effects.map((effect) => ({ ...effect }));
      return copy;
    });
    const disk = new SimulatedDisk(this.options, nodes);
    disk.entryEffects = this.entryEffects.map((effect) => ({ ...effect }));
    disk.#sequence = this.#sequence;
    disk.ticks = this.ticks;
    return disk;
  }

  #plantFolders(path: string): Place {
    const names = path.split('/').filter((name) => name !== '');
    for (let depth = 1; depth < names.length; depth += 1) {
      const place = this.walk('mkdir', `/${names.slice(0, depth).join('/')}`, false);
      if (place.node === undefined) this.createFolder(place);
    }
    return this.walk('open', path, false);
  }

  #settleSince(sequence: number): void {
    for (const effect of this.entryEffects) if (effect.sequence > sequence) effect.state = 'durable';
    this.#settleEntries();
  }

  #change(id: NodeId, change: Unnumbered<FileEffect>): void {
    const node = this.file(id);
    const numbers = { sequence: this.#nextSequence(), state: 'pending' as const };
    if (change.kind === 'write') {
      node.cached.write(change.position, change.bytes);
      node.effects.push({ ...change, ...numbers });
      this.#showInMappings(id, change.position, change.bytes);
    } else {
      node.cached.resize(change.size);
      node.effects.push({ ...change, ...numbers });
    }
    node.modified = this.#tick();
  }

  #showInMappings(id: NodeId, position: number, written: Uint8Array): void {
    for (const { id: mappedId, bytes } of this.#mapped) {
      if (mappedId !== id || position >= bytes.length) continue;
      bytes.set(written.subarray(0, bytes.length - position), position);
    }
  }

  /** Moves durable changes of names out of the list, unless an earlier one of the same name may still be undone. */
  #settleEntries(): void {
    const open = new Set<string>();
    const keyOf = (change: EntryChange): string => `${change.folder}/${change.name}`;
    this.entryEffects = this.entryEffects.filter((effect) => {
      const blocked = effect.state !== 'durable' || effect.changes.some((change) => open.has(keyOf(change)));
      for (const change of effect.changes) {
        if (blocked) open.add(keyOf(change));
        else this.folder(change.folder).durable.set(change.name, change.target);
      }
      return blocked;
    });
  }

  #countLinks(): Map<NodeId, number> {
    const counts = new Map<NodeId, number>();
    const folders = [this.root];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const target of folder.cached.targets()) {
        counts.set(target, (counts.get(target) ?? 0) + 1);
        const node = this.nodes[target];
        if (node?.kind === 'directory') folders.push(node);
      }
    }
    return counts;
  }

  #nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  #tick(): number {
    this.ticks += 1;
    return this.ticks;
  }
}
