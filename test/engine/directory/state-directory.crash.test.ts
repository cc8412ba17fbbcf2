import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import {
  type SimulatedDisk,
  SimulatedFileSystem,
  exploreCrashes,
  type PowerLossImage,
} from '../../../src/engine/storage-io/simulated/index.js';

/**
 * The invariant: after a power loss at any moment the store opens, and holds for each key what
 * some prefix of the changes attempted would give, a prefix that has all that was acknowledged.
 * A phantom of what was attempted is allowed, a hole never. The disk is simulated, all else is real.
 */
interface Book {
  /** States after each change, the first before any. */
  readonly states: Map<string, string>[];
  /** How many changes were acknowledged. */
  acknowledged: number;
  lines: bigint;
  attemptedLines: bigint;
}

const STORE = '/stores/orders';
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array): string => Buffer.from(value).toString();

/** Applies changes to a store and notes down what was attempted and what acknowledged. */
class Recorder {
  readonly #store: StateDirectory;
  readonly #book: Book;

  constructor(store: StateDirectory, book: Book) {
    this.#store = store;
    this.#book = book;
  }

  put(key: string, value: string): void {
    this.#book.states.push(new Map<string, string>(this.#book.states.at(-1)).set(key, value));
    this.#store.put(bytes(key), bytes(value));
  }

  delete(key: string): void {
    const next = new Map<string, string>(this.#book.states.at(-1));
    next.delete(key);
    this.#book.states.push(next);
    this.#store.delete(bytes(key));
  }

  async sync(): Promise<void> {
    await this.#store.sync();
    this.#acknowledge();
  }

  async commit(lines: bigint): Promise<void> {
    this.#book.attemptedLines = lines;
    await this.#store.commit(new Map([['orders', lines]]));
    this.#book.lines = lines;
    this.#acknowledge();
  }

  async checkpoint(keep?: number): Promise<void> {
    await this.#store.checkpoint({ keep });
    this.#acknowledge();
  }

  async compact(): Promise<void> {
    await this.#store.compact();
    this.#acknowledge();
  }

  #acknowledge(): void {
    this.#book.acknowledged = this.#book.states.length - 1;
  }
}

const newBook = (): Book => ({
  states: [new Map<string, string>()],
  acknowledged: 0,
  lines: 0n,
  attemptedLines: 0n,
});

/** With several cores a crash may keep more of one core than of another: each key is judged alone. */
function checkEntries(found: ReadonlyMap<string, string>, book: Book): void {
  const allowed = book.states.slice(book.acknowledged);
  const keys = new Set([...found.keys(), ...allowed.flatMap((state) => [...state.keys()])]);
  for (const key of keys) {
    if (!allowed.some((state) => state.get(key) === found.get(key))) {
      throw new Error(`${key} is ${String(found.get(key))} after ${book.acknowledged} acknowledged changes`);
    }
  }
}

async function checkImage(image: PowerLossImage, book: Book): Promise<void> {
  const reader = StateDirectory.openReadOnly(STORE, image);
  checkEntries(new Map([...reader.scan()].map(({ key, value }) => [text(key), text(value)])), book);
  reader.close();
  const store = await StateDirectory.open(STORE, image);
  checkEntries(new Map([...store.scan()].map(({ key, value }) => [text(key), text(value)])), book);
  const lines = store.progress.sources.get('orders') ?? 0n;
  if (lines < book.lines || lines > book.attemptedLines) throw new Error(`${lines} lines`);
  store.put(bytes('after'), bytes('the crash'));
  await store.sync();
  store.close();
  const again = StateDirectory.openReadOnly(STORE, image);
  if (again.get(bytes('after')) === undefined) throw new Error('it does not go on');
  again.close();
}

/** A disk with a store that has a checkpoint or two, and a log. */
async function startingDisk(cores: number): Promise<{ disk: SimulatedDisk; state: Map<string, string> }> {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/stores');
  fileSystem.syncDirectory('/');
  StateDirectory.create(STORE, { cores, fileSystem });
  const store = await StateDirectory.open(STORE, { fileSystem });
  const book = newBook();
  const recorder = new Recorder(store, book);
  for (const key of ['a', 'b', 'c', 'd']) recorder.put(key, `old ${key}`);
  await recorder.checkpoint();
  recorder.put('b', 'newer');
  await recorder.checkpoint();
  recorder.delete('c');
  await recorder.sync();
  store.close();
  return { disk: fileSystem.disk, state: book.states.at(-1)! };
}

const workloads: Record<string, (recorder: Recorder) => Promise<void>> = {
  'single puts and deletes': async (recorder) => {
    recorder.put('a', 'first');
    await recorder.sync();
    recorder.delete('b');
    await recorder.sync();
    recorder.put('e', 'x'.repeat(9000));
    await recorder.sync();
  },
  'a group of changes': async (recorder) => {
    for (let index = 0; index < 12; index++) recorder.put(`key${index % 5}`, `value ${index}`);
    await recorder.sync();
    recorder.delete('key1');
    recorder.put('a', 'again');
    await recorder.commit(14n);
  },
  'a checkpoint': async (recorder) => {
    recorder.put('f', 'new');
    await recorder.checkpoint();
    recorder.put('g', 'after it');
    await recorder.sync();
  },
  'checkpoints of which one is kept': async (recorder) => {
    recorder.put('f', 'new');
    await recorder.checkpoint(1);
    recorder.delete('f');
    await recorder.checkpoint();
  },
  'a compaction': async (recorder) => {
    recorder.put('a', 'overwritten');
    await recorder.compact();
    recorder.put('a', 'after it');
    await recorder.sync();
  },
};

for (const cores of [1, 2]) {
  for (const [name, workload] of Object.entries(workloads)) {
    test(`no power loss during ${name} loses what was acknowledged, ${cores} cores`, async (t) => {
      const { disk, state } = await startingDisk(cores);
      const report = await exploreCrashes<Book>({
        disk,
        book: () => ({ ...newBook(), states: [state] }),
        run: async (fileSystem, book) => {
          const store = await StateDirectory.open(STORE, { fileSystem });
          await workload(new Recorder(store, book));
          store.close();
        },
        check: checkImage,
        options: { imagesMax: 20, samples: 16 },
      });
      t.log(`${report.images} images at ${report.moments} moments`);
      t.true(report.images > 100);
    });
  }
}

test('no power loss during the creation of a store leaves half of one', async (t) => {
  const report = await exploreCrashes({
    book: () => ({ created: false }),
    run: (fileSystem, book) => {
      fileSystem.makeDirectory('/stores');
      fileSystem.syncDirectory('/');
      StateDirectory.create(STORE, { cores: 3, fileSystem });
      book.created = true;
    },
    check: ({ fileSystem }, book) => {
      if (fileSystem.status(STORE) !== undefined) StateDirectory.openReadOnly(STORE, { fileSystem }).close();
      else if (book.created) throw new Error('it was created, and is gone');
    },
  });
  t.log(`${report.images} images at ${report.moments} moments`);
  t.true(report.images > 20);
});
