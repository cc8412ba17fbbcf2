import type {
  BackgroundDone,
  FileDescriptor,
  FileStatus,
  FileSystem,
  LinkPolicy,
  LockOwner,
  Mapping,
} from '../../src/engine/storage-io/interface/file-system.js';
import { systemError } from '../../src/engine/storage-io/interface/system-error.js';
import { writeFully } from '../../src/engine/storage-io/whole/write-fully.js';
import { SimulatedCrash } from './power-loss/crash.js';
import { DescriptorTable } from './descriptor-table.js';
import { SimulatedDisk } from './disk/disk.js';
import { FaultGate } from './faults/fault-gate.js';
import type { FaultPlan, SimulatedOperation } from './faults/fault-plan.js';
import {
  OWNER,
  copyName,
  existingFile,
  existingFolder,
  linkName,
  pathOfNode,
  removeName,
  renameName,
  statusAt,
  statusOfNode,
  vacantPlace,
} from './disk/names.js';
import type { FileNode } from './disk/node.js';

const FIRST_PID = 1000;

/** How a session behaves. */
export interface SimulatedSessionOptions {
  /** The disk it works on (default: an empty one). */
  readonly disk?: SimulatedDisk;
  /** What goes wrong, and when (default: nothing). */
  readonly plan?: FaultPlan | undefined;
  /** Keeps a list of all calls (default: not). */
  readonly log?: boolean;
  /** The process id that its locks show. */
  readonly pid?: number;
  /** Whether `map` is to be had (default: not). */
  readonly canMap?: boolean;
}

/**
 * One process's view of a simulated disk: descriptors, locks, and what goes wrong. Sessions on
 * one disk see each other's writes and contend for locks.
 *
 * Invariants:
 * - Every call that may fail passes the gate exactly once, before it takes effect.
 * - After a crash every call throws the same `SimulatedCrash`, and all locks are free.
 */
export class SimulatedFileSystem implements FileSystem {
  readonly disk: SimulatedDisk;
  readonly canLock = true;
  readonly canMap: boolean;
  readonly pid: number;
  readonly #gate: FaultGate;
  readonly #descriptors = new DescriptorTable();

  constructor(options: SimulatedSessionOptions = {}) {
    this.disk = options.disk ?? new SimulatedDisk();
    this.pid = options.pid ?? FIRST_PID;
    this.canMap = options.canMap ?? false;
    this.#gate = new FaultGate(options.plan, options.log ?? false, (reason) => this.kill(reason));
  }

  /** How many calls were made. */
  get operationCount(): number {
    return this.#gate.operationCount;
  }

  /** All calls so far, where a log was asked for. */
  get log(): readonly SimulatedOperation[] {
    return this.#gate.log;
  }

  get crashed(): boolean {
    return this.#gate.crash !== undefined;
  }

  /** Paths of the files that are open: none, once everything was closed. */
  get openPaths(): string[] {
    return this.#descriptors.all().map((file) => file.path);
  }

  /** The process dies (SIGKILL): the disk keeps all that it cached, locks are free. */
  kill(reason = 'killed'): SimulatedCrash {
    this.#gate.crash ??= new SimulatedCrash(reason);
    for (const file of this.#descriptors.all()) this.disk.unlock(file);
    this.#descriptors.clear();
    return this.#gate.crash;
  }

  openRead(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    return this.#open(path, false, () => this.#openExisting(path, links, false));
  }

  openReadWrite(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    return this.#open(path, false, () => this.#openExisting(path, links, true));
  }

  createExclusive(path: string): FileDescriptor {
    return this.#open(path, true, () => this.#create(path));
  }

  openOrCreate(path: string, links: LinkPolicy = 'follow'): FileDescriptor {
    const missing = statusAt(this.disk, 'open', path, false) === undefined;
    return this.#open(path, missing, () =>
      missing ? this.#create(path) : this.#openExisting(path, links, true),
    );
  }

  openDirectory(path: string): FileDescriptor {
    return this.#open(path, false, () => {
      const { id } = existingFolder(this.disk, 'open', path);
      return this.#descriptors.add({ id, path, writable: false, pid: this.pid });
    });
  }

  close(descriptor: FileDescriptor): void {
    const close = (): void => {
      this.disk.unlock(this.#descriptors.mustGet('close', descriptor));
      this.#descriptors.remove(descriptor);
    };
    // The number is free even after a close that failed, as Linux has it.
    this.#gate.run('close', this.#descriptors.pathOf(descriptor), false, close, 0, 0, close);
  }

  read(
    descriptor: FileDescriptor,
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    checkRange(into, offset, length, position);
    const read = (): number => {
      const { cached } = this.#node('read', descriptor);
      const count = Math.max(0, Math.min(length, cached.size - position));
      if (count > 0) into.set(cached.bytes.subarray(position, position + count), offset);
      return count;
    };
    return this.#gate.run('read', this.#descriptors.pathOf(descriptor), false, read, position, length);
  }

  write(
    descriptor: FileDescriptor,
    from: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): number {
    checkRange(from, offset, length, position);
    const write = (bytesMax: number): number => {
      const { id } = this.#descriptors.mustGetWritable('write', descriptor);
      const count = Math.min(length, bytesMax);
      this.disk.write(id, position, from, offset, count);
      return count;
    };
    return this.#gate.run('write', this.#descriptors.pathOf(descriptor), true, write, position, length);
  }

  /** A simulated disk has no holes: what was never written is stored as zeros. */
  dataFrom(_descriptor: FileDescriptor, position: number): number {
    return position;
  }

  truncate(descriptor: FileDescriptor, length: number): void {
    const truncate = (): void => {
      this.disk.resize(this.#descriptors.mustGetWritable('ftruncate', descriptor).id, length);
    };
    this.#gate.run('ftruncate', this.#descriptors.pathOf(descriptor), true, truncate, length);
  }

  allocate(descriptor: FileDescriptor, length: number): void {
    const allocate = (): void => {
      const { id } = this.#descriptors.mustGetWritable('fallocate', descriptor);
      if (this.#node('fallocate', descriptor).cached.size < length) this.disk.resize(id, length);
    };
    this.#gate.run('fallocate', this.#descriptors.pathOf(descriptor), true, allocate, length);
  }

  /** This disk has room until a fault says otherwise: nothing is to be reserved. */
  reserve(): void {
    return;
  }

  sync(descriptor: FileDescriptor): void {
    this.#syncFile('fsync', descriptor);
  }

  dataSync(descriptor: FileDescriptor): void {
    this.#syncFile('fdatasync', descriptor);
  }

  writeInBackground(
    descriptor: FileDescriptor,
    from: Uint8Array,
    position: number,
    done: BackgroundDone,
  ): void {
    inBackground(() => {
      writeFully(this, descriptor, from, 0, from.length, position);
    }, done);
  }

  dataSyncInBackground(descriptor: FileDescriptor, done: BackgroundDone): void {
    inBackground(() => {
      this.dataSync(descriptor);
    }, done);
  }

  /** Nobody but one user puts anything in the way here. */
  pathThrough(): undefined {
    return undefined;
  }

  /** It is called by the path that it was opened by. */
  nameDescriptor(): void {
    return;
  }

  /** One user, to whom everything belongs. */
  get userId(): number {
    return OWNER;
  }

  get groupId(): number {
    return OWNER;
  }

  changeOwner(descriptor: FileDescriptor): void {
    this.#gate.run('fchown', this.#descriptors.pathOf(descriptor), false, () => {
      this.#descriptors.mustGet('fchown', descriptor);
    });
  }

  changeMode(descriptor: FileDescriptor): void {
    this.#gate.run('fchmod', this.#descriptors.pathOf(descriptor), false, () => {
      this.#descriptors.mustGet('fchmod', descriptor);
    });
  }

  get pageBytes(): number {
    return this.disk.pageBytes;
  }

  statusOf(descriptor: FileDescriptor): FileStatus {
    return this.#gate.run('fstat', this.#descriptors.pathOf(descriptor), false, () =>
      statusOfNode(this.disk, this.disk.nodes[this.#descriptors.mustGet('fstat', descriptor).id]!),
    );
  }

  status(path: string): FileStatus | undefined {
    return this.#gate.run('lstat', path, false, () => statusAt(this.disk, 'lstat', path, false));
  }

  statusFollowing(path: string): FileStatus | undefined {
    return this.#gate.run('stat', path, false, () => statusAt(this.disk, 'stat', path, true));
  }

  readDirectory(path: string): string[] {
    return this.#gate.run('readdir', path, false, () => {
      const names = [...existingFolder(this.disk, 'readdir', path).cached.names()];
      return names.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    });
  }

  makeDirectory(path: string): void {
    this.#gate.run('mkdir', path, true, () => {
      this.disk.createFolder(vacantPlace(this.disk, 'mkdir', path));
    });
  }

  rename(from: string, to: string): void {
    this.#gate.run('rename', to, true, () => {
      renameName(this.disk, from, to, false);
    });
  }

  renameExclusive(from: string, to: string): void {
    this.#gate.run('rename', to, true, () => {
      renameName(this.disk, from, to, true);
    });
  }

  link(existing: string, path: string): void {
    this.#gate.run('link', path, true, () => {
      linkName(this.disk, existing, path);
    });
  }

  copyFile(from: string, to: string): void {
    this.#gate.run('copy', to, true, () => {
      copyName(this.disk, from, to);
    });
  }

  remove(path: string): void {
    this.#gate.run('unlink', path, true, () => {
      removeName(this.disk, 'unlink', path);
    });
  }

  removeDirectory(path: string): void {
    this.#gate.run('rmdir', path, true, () => {
      removeName(this.disk, 'rmdir', path);
    });
  }

  syncDirectory(path: string): void {
    this.#sync('fsyncFolder', path, (outcome) => {
      this.disk.syncFolder(existingFolder(this.disk, 'open', path).id, outcome);
    });
  }

  realPath(path: string): string {
    return this.#gate.run('realpath', path, false, () => {
      const { node } = this.disk.walk('realpath', path, true);
      if (node === undefined) throw systemError('realpath', path, 'ENOENT');
      return pathOfNode(this.disk, node.id);
    });
  }

  freeBytes(): undefined {
    return undefined;
  }

  tryLock(descriptor: FileDescriptor): boolean {
    return this.#gate.run('flock', this.#descriptors.pathOf(descriptor), false, () =>
      this.disk.tryLock(this.#descriptors.mustGet('flock', descriptor)),
    );
  }

  lockOwner(path: string): LockOwner | false | undefined {
    const { node } = this.disk.walk('stat', path, true);
    const pid = node === undefined ? undefined : this.disk.lockPid(node.id);
    return pid === undefined ? false : { pid, since: new Date(0).toISOString() };
  }

  map(descriptor: FileDescriptor, length: number): Mapping | undefined {
    if (!this.canMap) return undefined;
    const path = this.#descriptors.pathOf(descriptor);
    const { id } = this.#descriptors.mustGet('mmap', descriptor);
    const { bytes, unmap } = this.#gate.run('mmap', path, false, () => this.disk.map(id, length));
    return { length, windowBytes: Math.max(length, 1), windows: [bytes], unmap };
  }

  #syncFile(name: string, descriptor: FileDescriptor): void {
    this.#sync(name, this.#descriptors.pathOf(descriptor), (outcome) => {
      this.disk.syncFile(this.#descriptors.mustGet(name, descriptor).id, outcome);
    });
  }

  #sync(name: string, path: string, settle: (outcome: 'durable' | 'lost') => void): void {
    const succeed = (): void => {
      settle('durable');
    };
    const fail = (): void => {
      settle('lost');
    };
    this.#gate.run(name, path, true, succeed, 0, 0, fail, () => undefined);
  }

  /** Nobody gets the number of an open that is said to have failed: it must not stay taken. */
  #open(path: string, mutating: boolean, open: () => FileDescriptor): FileDescriptor {
    let opened: FileDescriptor | undefined;
    try {
      return this.#gate.run('open', path, mutating, () => (opened = open()));
    } catch (error) {
      if (opened !== undefined) this.#descriptors.remove(opened);
      throw error;
    }
  }

  #openExisting(path: string, links: LinkPolicy, writable: boolean): FileDescriptor {
    const { id } = existingFile(this.disk, 'open', path, links === 'follow');
    return this.#descriptors.add({ id, path, writable, pid: this.pid });
  }

  #create(path: string): FileDescriptor {
    const id = this.disk.createFile(vacantPlace(this.disk, 'open', path));
    return this.#descriptors.add({ id, path, writable: true, pid: this.pid });
  }

  #node(operation: string, descriptor: FileDescriptor): FileNode {
    return this.disk.nodes[this.#descriptors.mustGet(operation, descriptor).id] as FileNode;
  }
}

/** As node:fs refuses a window that its buffer does not have. */
function checkRange(bytes: Uint8Array, offset: number, length: number, position: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= bytes.length && position >= 0) return;
  throw new RangeError(
    `no ${length} bytes at ${offset} in a buffer of ${bytes.length} (position ${position})`,
  );
}

/**
 * Later, but in the order of submission: what the process does in between, and what it dies
 * of in between, comes first. `done` is told of a crash too, so that nobody waits for ever.
 */
function inBackground(action: () => void, done: BackgroundDone): void {
  queueMicrotask(() => {
    let failure: unknown;
    try {
      action();
    } catch (error) {
      failure = error;
    }
    done(failure);
  });
}
