import test, { type ExecutionContext } from 'ava';
import { toHex } from '../../../src/engine/bytes/text.js';
import { isStatelogError } from '../../../src/engine/errors.js';
import { MmapStateStore } from '../../../src/engine/state/mmap-state-store.js';
import { StateSnapshot } from '../../../src/engine/state/state-snapshot.js';
import {
  exploreCrashesInPlace,
  powerLossImages,
  SimulatedDisk,
  SimulatedFileSystem,
} from '../../../src/engine/storage-io/simulated/index.js';

const FOLDER = '/store';
const PATH = `${FOLDER}/state.db`;

type Content = ReadonlyMap<string, string>;

/** What may be found after a power loss: what was saved last, or what is being saved now. */
interface Book {
  saved: Content | undefined;
  saving: Content | undefined;
  live: Map<string, string>;
}

function newBook(): Book {
  return { saved: undefined, saving: undefined, live: new Map() };
}

/** A store and the book of what it must hold. */
class Booked {
  readonly store: MmapStateStore;
  readonly #book: Book;

  constructor(fileSystem: SimulatedFileSystem, book: Book) {
    this.#book = book;
    book.saving = new Map();
    this.store = MmapStateStore.persistent(PATH, 0, { fileSystem });
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
function readBack(fileSystem: SimulatedFileSystem, book: Book): Content | undefined {
  try {
    const store = MmapStateStore.openReadOnly(PATH, { fileSystem });
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
function checkImage(fileSystem: SimulatedFileSystem, book: Book): void {
  const read = readBack(fileSystem, book);
  const store = MmapStateStore.persistent(PATH, 0, { fileSystem });
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
function newDisk(pageBytes = Infinity): SimulatedDisk {
  const fileSystem = new SimulatedFileSystem({ disk: new SimulatedDisk({ pageBytes }) });
  fileSystem.makeDirectory(FOLDER);
  fileSystem.syncDirectory('/');
  return fileSystem.disk;
}

function bytes(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 7) & 0xff);
}

/** Checks every image of every moment of a workload; at least so many, or the workload does too little. */
async function survives(
  t: ExecutionContext,
  run: (fileSystem: SimulatedFileSystem, book: Book) => void,
  { disk = newDisk(), imagesMin = 200, options = {} } = {},
): Promise<void> {
  const { images } = await exploreCrashesInPlace({
    disk,
    book: newBook,
    run,
    check: ({ fileSystem }, book) => {
      checkImage(fileSystem, book);
    },
    options,
  });
  t.log(`${images} images`);
  t.true(images >= imagesMin, `only ${images} images`);
}

test('a power loss while a store is created leaves none, or an empty one', async (t) => {
  await survives(t, (fileSystem, book) => {
    new Booked(fileSystem, book).store.close();
  });
});

test('a power loss leaves what was saved last, or what is being saved', async (t) => {
  await survives(t, (fileSystem, book) => {
    const booked = new Booked(fileSystem, book);
    booked.put('a', bytes(10, 1));
    booked.put('b', bytes(5000, 2));
    booked.save('flush');
    booked.put('a', bytes(20, 3));
    booked.delete('b');
    booked.put('', bytes(0, 0));
    booked.save('saveIndex');
    booked.store.close();
    const again = new Booked(fileSystem, book);
    again.put('c', bytes(300, 4));
    again.save('flush');
  });
});

test('a power loss while compacting loses nothing', async (t) => {
  await survives(t, (fileSystem, book) => {
    const booked = new Booked(fileSystem, book);
    for (let key = 0; key < 12; key += 1) booked.put(`key ${key}`, bytes(90 * key, key));
    booked.save('flush');
    for (let key = 0; key < 12; key += 2) booked.delete(`key ${key}`);
    booked.put('unsaved', bytes(9, 9));
    booked.save('compact');
    booked.put('later', bytes(1000, 5));
    booked.save('compact');
    booked.store.close();
  });
});

test('until it is flushed, a store that was cleared, restored or compacted by itself can be fallen back from', async (t) => {
  await survives(t, (fileSystem, book) => {
    const booked = new Booked(fileSystem, book);
    booked.put('old', bytes(100, 1));
    booked.save('flush');
    booked.clear();
    booked.put('new', bytes(100, 2));
    booked.clear();
    booked.put('newer', bytes(200, 3));
    booked.save('flush');
    booked.restore([
      ['r1', bytes(10, 4)],
      ['r2', bytes(4096, 5)],
    ]);
    booked.put('r3', bytes(10, 6));
    booked.save('flush');
    for (let key = 0; key < 102; key += 1) booked.put(`many ${key}`, bytes(40, key));
    booked.save('flush');
    for (let key = 0; key < 102; key += 1) booked.put(`many ${key}`, bytes(50, key));
    for (let key = 0; key < 102; key += 1) booked.put(`many ${key}`, bytes(60, key));
    booked.save('flush');
    booked.store.close();
  });
});

test('pages that the disk writes in any order are told from those that it never wrote', async (t) => {
  await survives(
    t,
    (fileSystem, book) => {
      const booked = new Booked(fileSystem, book);
      booked.put('a', bytes(9000, 1));
      for (let key = 0; key < 150; key += 1) booked.put(`key ${key} ${'k'.repeat(40)}`, bytes(20, key));
      booked.save('flush');
      booked.put('b', bytes(9000, 2));
      booked.save('compact');
      booked.store.close();
    },
    { disk: newDisk(4096), options: { samples: 24, allSubsetsUpTo: 6 } },
  );
});

test('a power loss while a crash is being recovered from is as safe as any other', async (t) => {
  let images = 0;
  await exploreCrashesInPlace({
    disk: newDisk(),
    book: newBook,
    run: (fileSystem, book) => {
      const booked = new Booked(fileSystem, book);
      booked.put('a', bytes(50, 1));
      booked.save('flush');
      booked.put('b', bytes(50, 2));
      booked.save('compact');
      booked.store.close();
    },
    check: ({ disk }, book) => {
      const recovering = disk.clone();
      const lookEach = (): undefined => {
        for (const image of powerLossImages(recovering, { tears: 'none', imagesMax: 6 })) {
          images += 1;
          checkImage(image.fileSystem, book);
        }
      };
      const fileSystem = new SimulatedFileSystem({
        disk: recovering,
        plan: ({ mutating }) => (mutating ? lookEach() : undefined),
      });
      MmapStateStore.persistent(PATH, 0, { fileSystem }).close();
    },
    options: { tears: 'edges', imagesMax: 24 },
  });
  t.log(`${images} images`);
  t.true(images > 1000);
});
