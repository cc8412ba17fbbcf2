import { toHex } from '../../../src/engine/bytes/text/text.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { MmapStateStore } from '../../../src/engine/state/store/mmap-state-store.js';
import { StateSnapshot } from '../../../src/engine/state/store/state-snapshot.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';

const FOLDER = '/store';
export const STATE_PATH = `${FOLDER}/state.db`;

type Content = ReadonlyMap<string, string>;

/** What may be found after a power loss: what was saved last, or what is being saved now. */
export interface StateBook {
  saved: Content | undefined;
  saving: Content | undefined;
  live: Map<string, string>;
}

export function newStateBook(): StateBook {
  return { saved: undefined, saving: undefined, live: new Map() };
}

/** A store and the book of what it must hold. */
export class BookedStore {
  readonly store: MmapStateStore;
  readonly #book: StateBook;

  constructor(fileSystem: SimulatedFileSystem, book: StateBook) {
    this.#book = book;
    book.saving = new Map();
    this.store = MmapStateStore.persistent(STATE_PATH, 0, { fileSystem });
    book.saved ??= new Map();
    book.live = new Map(book.saved);
  }

  put(key: string, value: Uint8Array): void {
    this.store.put(Buffer.from(key), value);
    this.#book.live.set(toHex(Buffer.from(key)), toHex(value));
  }

  delete(key: string): void {
    this.store.delete(Buffer.from(key));
    this.#book.live.delete(toHex(Buffer.from(key)));
  }

  clear(): void {
    this.store.clear();
    this.#book.live.clear();
  }

  restore(entries: readonly (readonly [string, Uint8Array])[]): void {
    const data = entries.map(([key, value]) => ({ key: Buffer.from(key), value }));
    this.store.restore(new StateSnapshot(data, 0n));
    this.#book.live = new Map(data.map(({ key, value }) => [toHex(key), toHex(value)]));
  }

  save(how: 'flush' | 'saveIndex' | 'compact'): void {
    this.#book.saving = new Map(this.#book.live);
    this.store[how]();
    this.#book.saved = this.#book.saving;
  }
}

function contentOf(store: MmapStateStore): Content {
  return new Map([...store.scan()].map(({ key, value }) => [toHex(key), toHex(value)]));
}

function same(a: Content | undefined, b: Content): boolean {
  return a?.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** Reads as a reader would; undefined where the creation of the store had not come so far. */
function readBack(fileSystem: SimulatedFileSystem, book: StateBook): Content | undefined {
  try {
    const store = MmapStateStore.openReadOnly(STATE_PATH, { fileSystem });
    const content = contentOf(store);
    store.close();
    return content;
  } catch (error) {
    const mayBeUnborn = book.saved === undefined;
    if (mayBeUnborn && (isStatelogError(error, 'NOT_FOUND') || isStatelogError(error, 'UNKNOWN_FORMAT'))) {
      return undefined;
    }
    throw error;
  }
}

/** A power loss may leave the last save or the one under way, and the store goes on from there. */
export function checkStateImage(fileSystem: SimulatedFileSystem, book: StateBook): void {
  const read = readBack(fileSystem, book);
  const store = MmapStateStore.persistent(STATE_PATH, 0, { fileSystem });
  const content = contentOf(store);
  if (read !== undefined && !same(read, content)) throw new Error('a reader saw what the writer does not');
  if (!same(book.saved ?? new Map(), content) && !same(book.saving, content)) {
    throw new Error(`neither what was saved nor what was being saved: ${[...content.keys()].join(' ')}`);
  }
  store.put(Buffer.from('afterwards'), Buffer.from('x'));
  store.flush();
  store.close();
  const expected = new Map(content).set(toHex(Buffer.from('afterwards')), toHex(Buffer.from('x')));
  if (!same(readBack(fileSystem, book), expected)) throw new Error('the store does not go on');
  const names = fileSystem.readDirectory(FOLDER).join(' ');
  if (names !== 'state.db state.idx') throw new Error(`leftovers: ${names}`);
}

/** A disk with an empty folder for the store. */
export function newStateDisk(pageBytes = Infinity): SimulatedDisk {
  const fileSystem = new SimulatedFileSystem({ disk: new SimulatedDisk({ pageBytes }) });
  fileSystem.makeDirectory(FOLDER);
  fileSystem.syncDirectory('/');
  return fileSystem.disk;
}

export function patternBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = at * 31 + seed * 7;
  return bytes;
}
