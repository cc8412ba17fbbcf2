import { StateDirectory } from '../../../src/engine/directory/state-directory.js';
import { highHalf, lowHalf } from '../../../src/engine/bytes/halves.js';
import type { Clock } from '../../../src/engine/storage-io/interface/clock.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { WalScanner } from '../../../src/engine/wal/scan/scanner.js';
import { SimulatedFileSystem, type SimulatedDisk } from '../../simulated-disk/index.js';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';

/** Files by path below a root, `wal/1/wal-0.log`. */
export type Tree = ReadonlyMap<string, Uint8Array>;

/** What a change to one key was: its number among all changes to that key, and whether it took the key away. */
export interface Change {
  readonly version: number;
  readonly isDelete: boolean;
}

/** One record of a log, and what it did. */
export interface KnownRecord extends Change {
  readonly key: string;
  readonly epoch: bigint;
  readonly coreId: number;
  readonly bytes: Uint8Array;
}

/** One core's pair of one checkpoint, and the last change to each key that it knows of. */
export interface KnownPair {
  readonly epoch: bigint;
  readonly coreId: number;
  readonly values: Uint8Array;
  readonly index: Uint8Array;
  readonly state: ReadonlyMap<string, Change>;
}

/** A store of which everything is known. */
export interface KnownStore {
  /** Its files at moments when nobody wrote, oldest first; the last is the store itself. */
  readonly moments: readonly Tree[];
  readonly records: readonly KnownRecord[];
  readonly pairs: readonly KnownPair[];
  /** The last change to each key. */
  readonly last: ReadonlyMap<string, Change>;
}

const ROOT = '/store';
const KEYS = 60;
const SEGMENT = /^wal\/(\d+)\/wal-(\d+)\.log$/;

/** How a store is made. */
export interface KnownStoreOptions {
  readonly cores: number;
  readonly epochs: number;
  readonly changesAnEpoch: number;
  /** What each value begins with. */
  readonly mark: string;
  /** When its clock starts, in nanoseconds since the Unix epoch. */
  readonly startNs: bigint;
}

/** How many epochs and changes a known store may have: from the first number, and so many more. */
export interface KnownStoreSizes {
  readonly epochs: readonly [least: number, span: number];
  readonly changesAnEpoch: readonly [least: number, span: number];
  /** When the clock of the other store starts. */
  readonly otherStartNs: bigint;
}

const START_NS = 1_790_000_000_000_000_000n;

/** Makes a store of a random size, and another of that size. */
export async function makeKnownStores(
  random: SeededRandom,
  { epochs, changesAnEpoch, otherStartNs }: KnownStoreSizes,
): Promise<{ readonly store: KnownStore; readonly other: KnownStore }> {
  const shape = {
    cores: 1 + random.below(2),
    epochs: epochs[0] + random.below(epochs[1]),
    changesAnEpoch: changesAnEpoch[0] + random.below(changesAnEpoch[1]),
  };
  const store = await makeKnownStore(random, { ...shape, mark: 'ours', startNs: START_NS });
  const other = await makeKnownStore(random, { ...shape, mark: 'theirs', startNs: otherStartNs });
  return { store, other };
}

/** Makes a store that lived through some epochs, and writes down all that is in it. */
async function makeKnownStore(random: SeededRandom, options: KnownStoreOptions): Promise<KnownStore> {
  const { cores, epochs, changesAnEpoch, mark, startNs } = options;
  const fileSystem = new SimulatedFileSystem();
  fileSystem.makeDirectory('/scratch');
  StateDirectory.create(ROOT, { fileSystem, cores, keep: 3 });
  const store = await StateDirectory.open(ROOT, { fileSystem, clock: new CountingClock(startNs) });
  const versions = new Map<string, number>();
  const live = new Set<string>();
  const moments: Tree[] = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let change = 0; change < changesAnEpoch; change++) {
      const key = `key ${random.below(KEYS)}`;
      const isDelete = live.has(key) && random.below(6) === 0;
      const version = (versions.get(key) ?? 0) + 1;
      versions.set(key, version);
      if (isDelete) {
        store.delete(toUtf8(key));
        live.delete(key);
      } else {
        store.put(toUtf8(key), toUtf8(`${mark} ${version} ${'v'.repeat(random.below(90))}`));
        live.add(key);
      }
      if (random.below(7) === 0) await store.sync();
    }
    await store.commit(new Map([['source', BigInt(epoch * changesAnEpoch)]]));
    moments.push(treeOf(fileSystem.disk, fileSystem));
    if (epoch < epochs) await store.checkpoint();
  }
  store.close();
  moments.push(treeOf(fileSystem.disk, fileSystem));
  return describe(moments);
}

/** A clock that goes on by a millisecond each time it is asked. */
class CountingClock implements Clock {
  #ns: bigint;

  constructor(startNs: bigint) {
    this.#ns = startNs;
  }

  read(into: Uint32Array): void {
    const ns = this.nowNs();
    into[0] = lowHalf(ns);
    into[1] = highHalf(ns);
  }

  nowNs(): bigint {
    this.#ns += 1_000_000n;
    return this.#ns;
  }
}

/** All files of a store. */
function treeOf(disk: SimulatedDisk, fileSystem: SimulatedFileSystem): Tree {
  const tree = new Map<string, Uint8Array>();
  const visit = (folder: string): void => {
    for (const name of fileSystem.readDirectory(folder)) {
      const path = `${folder}/${name}`;
      if (fileSystem.status(path)?.kind === 'directory') visit(path);
      else tree.set(path.slice(ROOT.length + 1), disk.fileBytes(path));
    }
  };
  visit(ROOT);
  return tree;
}

function describe(moments: readonly Tree[]): KnownStore {
  const records = new Map<string, KnownRecord>();
  const pairs = new Map<string, KnownPair>();
  const states: Map<string, Change>[] = [];
  const counts = new Map<string, number>();
  for (const tree of moments) {
    const segments = [...tree.keys()].filter((path) => SEGMENT.test(path)).sort(byEpoch);
    for (const path of segments) {
      for (const record of recordsOf(tree.get(path)!, counts, records)) {
        records.set(`${record.epoch}/${record.coreId}/${record.sequence}`, record);
      }
    }
  }
  for (const record of records.values()) {
    const state = (states[record.coreId] ??= new Map());
    if (record.key !== '') state.set(record.key, record);
  }
  for (const tree of moments) {
    for (const [path, values] of tree) {
      const match = /^checkpoints\/(\d+)\/state-(\d+)\.db$/.exec(path);
      if (match === null || pairs.has(path)) continue;
      const [epoch, coreId] = [BigInt(match[1]!), Number(match[2])];
      const state = new Map<string, Change>();
      for (const record of records.values()) {
        if (record.coreId === coreId && record.epoch <= epoch && record.key !== '')
          state.set(record.key, record);
      }
      pairs.set(path, { epoch, coreId, values, index: tree.get(path.replace(/db$/, 'idx'))!, state });
    }
  }
  const last = new Map(states.flatMap((state) => [...state]));
  return {
    moments,
    records: [...records.values()].filter(({ key }) => key !== ''),
    pairs: [...pairs.values()],
    last,
  };
}

function byEpoch(a: string, b: string): number {
  return Number(SEGMENT.exec(a)![1]) - Number(SEGMENT.exec(b)![1]);
}

function* recordsOf(
  bytes: Uint8Array,
  counts: Map<string, number>,
  known: ReadonlyMap<string, KnownRecord>,
): Generator<KnownRecord & { readonly sequence: bigint }, void> {
  const fileSystem = new SimulatedFileSystem();
  fileSystem.disk.plantFile('/segment', bytes);
  const scanner = WalScanner.open('/segment', { fileSystem });
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    if (event !== 'record') continue;
    const { view, offset, recordBytes } = scanner;
    const { epoch, coreId, sequence } = view;
    if (known.has(`${epoch}/${coreId}/${sequence}`)) continue;
    const operation = view.operation();
    const key =
      operation.op === 'put' || operation.op === 'delete' ? new TextDecoder().decode(operation.key) : '';
    const version = (counts.get(key) ?? 0) + 1;
    counts.set(key, version);
    const record = bytes.slice(offset, offset + recordBytes);
    yield { key, epoch, coreId, sequence, bytes: record, version, isDelete: operation.op === 'delete' };
  }
  scanner.close();
}
