import type { CheckpointPace } from '../../../src/engine/directory/write/writer-environment.js';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import {
  type SimulatedDisk,
  SimulatedFileSystem,
  type SimulatedOperation,
} from '../../simulated-disk/index.js';

export const STORE = '/stores/orders';
export const SOURCE = 'orders';
/** Where a clean close leaves word of where all ended. */
export const CLOSED = `${STORE}/CLOSED`;

export type Content = ReadonlyMap<string, string>;

/** What was attempted on a state directory, and what of it was acknowledged. */
export interface DirectoryBook {
  readonly cores: number;
  /** Contents after each change, the first before any. */
  readonly states: Content[];
  /** How many changes were acknowledged. */
  acknowledged: number;
  lines: bigint;
  attemptedLines: bigint;
  /** The keys of each group, which nothing but that group changed, with what it put there. */
  readonly groups: Content[];
}

export function newDirectoryBook(cores: number, content: Content = new Map()): DirectoryBook {
  return { cores, states: [content], acknowledged: 0, lines: 0n, attemptedLines: 0n, groups: [] };
}

/** A copy that stays as it is. */
export function copyOfBook(book: DirectoryBook): DirectoryBook {
  return { ...book, states: [...book.states], groups: [...book.groups] };
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array): string => Buffer.from(value).toString();

/** Changes a store and notes down what was attempted and what acknowledged. */
export class DirectoryRecorder {
  readonly #fileSystem: SimulatedFileSystem;
  readonly #book: DirectoryBook;
  #store: StateDirectory | undefined;

  constructor(fileSystem: SimulatedFileSystem, book: DirectoryBook) {
    this.#fileSystem = fileSystem;
    this.#book = book;
  }

  /**
   * @param pace when checkpoints are made by themselves, and how much of one at a time
   * @param writesOnly whether the log is taken in late
   */
  async open(pace?: CheckpointPace, writesOnly = false): Promise<void> {
    this.#store = await StateDirectory.open(STORE, { fileSystem: this.#fileSystem, pace, writesOnly });
  }

  close(): void {
    this.#store?.close();
    this.#store = undefined;
  }

  /** Closes as a version that knows nothing of the close record: the one that is there stays. */
  closeKeepingRecord(): void {
    const fileSystem = this.#fileSystem;
    const record = fileSystem.disk.fileBytes(CLOSED);
    this.close();
    const descriptor = fileSystem.openReadWrite(CLOSED);
    try {
      fileSystem.write(descriptor, record, 0, record.length, 0);
      fileSystem.truncate(descriptor, record.length);
    } finally {
      fileSystem.close(descriptor);
    }
  }

  put(key: string, value: string): void {
    const { states } = this.#book;
    states.push(new Map<string, string>(states.at(-1)).set(key, value));
    this.#store!.put(bytes(key), bytes(value));
  }

  delete(key: string): void {
    const { states } = this.#book;
    const next = new Map<string, string>(states.at(-1));
    next.delete(key);
    states.push(next);
    this.#store!.delete(bytes(key));
  }

  /** Puts as one, and nothing else puts these keys. */
  group(entries: Readonly<Record<string, string>>, lines?: bigint): void {
    const { states, groups } = this.#book;
    const group = new Map(Object.entries(entries));
    states.push(new Map([...states.at(-1)!, ...group]));
    groups.push(group);
    if (lines !== undefined) this.#book.attemptedLines = lines;
    const commit =
      lines === undefined ? undefined : { offsets: new Map([[SOURCE, lines]]), watermark: undefined };
    this.#store!.writeGroup(
      [...group].map(([key, value]) => ({ key: bytes(key), value: bytes(value) })),
      commit,
    );
  }

  async sync(): Promise<void> {
    await this.#store!.sync();
    this.#book.lines = this.#book.attemptedLines;
    this.#acknowledge();
  }

  async commit(lines: bigint): Promise<void> {
    this.#book.attemptedLines = lines;
    await this.#store!.commit(new Map([[SOURCE, lines]]));
    this.#book.lines = lines;
    this.#acknowledge();
  }

  async checkpoint(keep?: number): Promise<void> {
    await this.#store!.checkpoint({ keep });
    this.#acknowledge();
  }

  async compact(): Promise<void> {
    await this.#store!.compact();
    this.#acknowledge();
  }

  #acknowledge(): void {
    this.#book.acknowledged = this.#book.states.length - 1;
  }
}

/** A disk with an empty store in a folder that is durable. */
export function emptyStoreDisk(disk: SimulatedDisk, cores: number): SimulatedDisk {
  const fileSystem = new SimulatedFileSystem({ disk });
  fileSystem.makeDirectory('/stores');
  fileSystem.syncDirectory('/');
  StateDirectory.create(STORE, { cores, fileSystem });
  return disk;
}

/** All that a store holds, as text. */
export function contentOf(store: StateDirectory): Content {
  const content = new Map<string, string>();
  for (const { key, value } of store.scan()) content.set(text(key), text(value));
  return content;
}

function isSame(left: Content, right: Content): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) if (right.get(key) !== value) return false;
  return true;
}

/** No group is there in part, however many cores it is in. */
function checkGroups(found: Content, { groups }: DirectoryBook): void {
  for (const group of groups) {
    const there = [...group].filter(([key, value]) => found.get(key) === value).map(([key]) => key);
    if (there.length !== 0 && there.length !== group.size)
      throw new Error(`of a group of ${[...group.keys()].join()} there is ${there.join()}`);
  }
}

/** One core keeps a prefix of its changes; with several, more of one may be there than of another. */
function checkContent(found: Content, book: DirectoryBook): void {
  const from = book.acknowledged;
  for (let at = from; at < book.states.length; at++) if (isSame(found, book.states[at]!)) return;
  const allowed = book.states.slice(from);
  const keys = new Set([...found.keys(), ...allowed.flatMap((state) => [...state.keys()])]);
  for (const key of keys) {
    if (allowed.some((state) => state.get(key) === found.get(key))) continue;
    throw new Error(
      `R1, R2: ${key} is ${String(found.get(key)).slice(0, 40)} after ${from} acknowledged changes`,
    );
  }
  if (book.cores === 1) throw new Error(`R1: a later change is there without an earlier one`);
}

/** R4: a reader changes nothing. */
export function refuseChanges(operation: SimulatedOperation): undefined {
  if (operation.mutating) throw new Error(`R4: a reader called ${operation.name} on ${operation.path}`);
}

function checkReader(disk: SimulatedDisk, book: DirectoryBook): Content {
  const fileSystem = new SimulatedFileSystem({ disk, plan: refuseChanges });
  const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
  const found = contentOf(reader);
  reader.close();
  checkContent(found, book);
  checkGroups(found, book);
  if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join(', ')}`);
  return found;
}

/**
 * What has to hold of whatever a crash left: a reader and the next writer find all that was acknowledged, and
 * nothing that was not attempted; what the writer then adds is there as well.
 * @param goesOn whether to look as a reader before, and to add something, too
 * @returns what is there now
 */
export async function checkDirectory(
  disk: SimulatedDisk,
  book: DirectoryBook,
  goesOn: boolean,
): Promise<Content> {
  const seen = goesOn ? checkReader(disk, book) : undefined;
  const fileSystem = new SimulatedFileSystem({ disk, pid: 2000 });
  const store = await StateDirectory.open(STORE, { fileSystem });
  const found = contentOf(store);
  checkContent(found, book);
  checkGroups(found, book);
  if (seen !== undefined && !isSame(seen, found))
    throw new Error('R6: the writer found something else than the reader before it');
  const lines = store.progress.sources.get(SOURCE) ?? 0n;
  // The count may go down, where whoever commits says so.
  if (lines !== book.lines && lines !== book.attemptedLines) {
    throw new Error(`R1: ${lines} lines of ${SOURCE}, ${book.lines} were acknowledged`);
  }
  if (goesOn) {
    store.put(bytes('after'), bytes('the crash'));
    await store.sync();
  }
  store.close();
  if (fileSystem.openPaths.length > 0) throw new Error(`left open: ${fileSystem.openPaths.join(', ')}`);
  if (!goesOn) return found;
  const states = [new Map(found).set('after', 'the crash')];
  return checkReader(disk, { ...book, states, acknowledged: 0 });
}
