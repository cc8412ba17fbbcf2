import test from 'ava';
import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import type { FileDescriptor, FileStatus } from '../../../src/engine/storage-io/interface/file-system.js';
import { SimulatedDisk, SimulatedFileSystem } from '../../simulated-disk/index.js';
import { STORE, emptyStoreDisk } from '../../torture/crash/directory-book.js';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array): string => Buffer.from(value).toString();

/** Two moments of one store: before and after checkpoints that removed all that there was before. */
async function twoMoments(): Promise<{ before: SimulatedDisk; after: SimulatedDisk }> {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const store = await StateDirectory.open(STORE, { fileSystem: new SimulatedFileSystem({ disk }) });
  store.put(bytes('key'), bytes('before'));
  await store.checkpoint({ keep: 1 });
  const before = disk.clone();
  store.put(bytes('key'), bytes('after'));
  await store.checkpoint({ keep: 1 });
  store.close();
  return { before, after: disk };
}

/** Shows one disk until so many files were closed, and another from then on. */
class MovingFileSystem extends SimulatedFileSystem {
  readonly #then: SimulatedFileSystem;
  #left: number;

  constructor(disk: SimulatedDisk, then: SimulatedDisk, closes: number) {
    super({ disk });
    this.#then = new SimulatedFileSystem({ disk: then });
    this.#left = closes;
  }

  override openRead(path: string): FileDescriptor {
    return this.#left > 0 ? super.openRead(path) : this.#then.openRead(path);
  }

  override statusOf(descriptor: FileDescriptor): FileStatus {
    return this.#left > 0 ? super.statusOf(descriptor) : this.#then.statusOf(descriptor);
  }

  override read(...given: Parameters<SimulatedFileSystem['read']>): number {
    return this.#left > 0 ? super.read(...given) : this.#then.read(...given);
  }

  override close(descriptor: FileDescriptor): void {
    if (this.#left === 0) {
      this.#then.close(descriptor);
      return;
    }
    super.close(descriptor);
    this.#left -= 1;
  }
}

test('a reader whose files were removed by a newer checkpoint starts over, and sees the newer state', async (t) => {
  const { before, after } = await twoMoments();
  // The manifest is read, and then everything is as the newer checkpoint left it.
  const fileSystem = new MovingFileSystem(before, after, 1);
  const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
  t.is(Buffer.from(reader.get(bytes('key'))!).toString(), 'after');
  reader.close();
});

test('a file that the manifest names and that is not there is damage where the manifest stands', async (t) => {
  const { after } = await twoMoments();
  const fileSystem = new SimulatedFileSystem({ disk: after });
  const [checkpoint] = fileSystem.readDirectory(`${STORE}/checkpoints`);
  fileSystem.remove(`${STORE}/checkpoints/${checkpoint}/state-0.idx`);
  const error = t.throws(() => StateDirectory.openReadOnly(STORE, { fileSystem }), { code: 'DAMAGED' });
  t.like(error, { details: { class: 'missing-file' } });
});

test('an index of an earlier checkpoint in the place of the newest is damage', async (t) => {
  const disk = emptyStoreDisk(new SimulatedDisk(), 1);
  const fileSystem = new SimulatedFileSystem({ disk });
  const store = await StateDirectory.open(STORE, { fileSystem });
  for (let key = 0; key < 10; key++) store.put(bytes(`key ${key}`), bytes('a value that is long enough'));
  await store.checkpoint({ keep: 2 });
  // No value is added: nothing but what the index says tells the two apart.
  store.delete(bytes('key 3'));
  await store.checkpoint();
  store.close();
  const [older, newer] = fileSystem.readDirectory(`${STORE}/checkpoints`);
  const stale = disk.fileBytes(`${STORE}/checkpoints/${older}/state-0.idx`);
  fileSystem.remove(`${STORE}/checkpoints/${newer}/state-0.idx`);
  disk.plantFile(`${STORE}/checkpoints/${newer}/state-0.idx`, stale);
  t.throws(() => StateDirectory.openReadOnly(STORE, { fileSystem }), { code: 'DAMAGED' });
  await t.throwsAsync(StateDirectory.open(STORE, { fileSystem }), { code: 'DAMAGED' });
});

test('a log long enough to be read many records at a time shows each change, in order, to who reads and who writes', async (t) => {
  const fileSystem = new SimulatedFileSystem();
  StateDirectory.create(STORE, { fileSystem });
  const store = await StateDirectory.open(STORE, { fileSystem });
  const expected = new Map<string, string>();
  let records = 0;
  for (let index = 0; index < 4000; index++) {
    const key = `key-${index % 697}`;
    if (index % 5 === 3) {
      if (store.delete(bytes(key))) records++;
      expected.delete(key);
    } else {
      records++;
      store.put(bytes(key), bytes(`${index}`.padEnd(60, '.')));
      expected.set(key, `${index}`.padEnd(60, '.'));
    }
  }
  await store.sync();
  store.close();
  const all = (opened: Pick<StateDirectory, 'keys' | 'get'>) =>
    new Map([...opened.keys()].map((key) => [text(key), text(opened.get(key)!)]));
  const inOrder = new Map([...expected].sort(([a], [b]) => (a < b ? -1 : 1)));
  const reader = StateDirectory.openReadOnly(STORE, { fileSystem });
  t.deepEqual(all(reader), inOrder);
  reader.close();
  const writer = await StateDirectory.open(STORE, { fileSystem });
  t.is(writer.recovery?.records, records);
  t.deepEqual(all(writer), inOrder);
  writer.close();
  for (const key of ['key-0', 'key-3', 'key-696']) {
    const one = StateDirectory.openReadOnly(STORE, { fileSystem, only: bytes(key) });
    t.deepEqual(one.get(bytes(key)), expected.has(key) ? bytes(expected.get(key)!) : undefined);
    one.close();
  }
});
