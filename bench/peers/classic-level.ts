import type { Peer, PeerStore } from '../frame/peer.js';
import { prefixEnd } from '../frame/peer.js';

/** What is used of the package. */
interface LevelModule {
  readonly ClassicLevel: new (path: string, options: object) => LevelDatabase;
}

interface LevelDatabase {
  open(): Promise<void>;
  batch(operations: readonly object[], options: object): Promise<void>;
  getSync(key: Uint8Array): Uint8Array | undefined;
  iterator(range: object): LevelIterator;
  close(): Promise<void>;
}

interface LevelIterator {
  nextv(size: number): Promise<readonly (readonly [Uint8Array, Uint8Array])[]>;
  close(): Promise<void>;
}

const ENTRIES_AT_ONCE = 1000;

/** classic-level 3: LevelDB. Keys and values as bytes. */
export function classicLevelPeer(module: unknown): Peer {
  const { ClassicLevel } = module as LevelModule;
  return {
    name: 'classic-level',
    open: async (path) => {
      const database = new ClassicLevel(path, { keyEncoding: 'view', valueEncoding: 'view' });
      await database.open();
      return levelStore(database);
    },
  };
}

function levelStore(database: LevelDatabase): PeerStore {
  const sum = async (range: object): Promise<number> => {
    const iterator = database.iterator(range);
    let bytes = 0;
    for (;;) {
      const entries = await iterator.nextv(ENTRIES_AT_ONCE);
      if (entries.length === 0) break;
      for (const [, value] of entries) bytes += value.length;
    }
    await iterator.close();
    return bytes;
  };
  return {
    putAll: (keys, value, groupSize) => putGroups(database, keys, value, groupSize),
    getAll(keys, order) {
      let bytes = 0;
      for (const index of order) bytes += database.getSync(keys[index]!)?.length ?? 0;
      return bytes;
    },
    scanAll: () => sum({}),
    async scanPrefixes(prefixes) {
      let bytes = 0;
      for (const prefix of prefixes) bytes += await sum({ gte: prefix, lt: prefixEnd(prefix) });
      return bytes;
    },
    close: () => database.close(),
  };
}

/** A batch is held in memory twice: a large group goes in several, the last of which is synced. */
async function putGroups(
  database: LevelDatabase,
  keys: readonly Uint8Array[],
  value: Uint8Array,
  groupSize: number,
): Promise<void> {
  for (let start = 0; start < keys.length; start += groupSize) {
    const groupEnd = Math.min(start + groupSize, keys.length);
    for (let at = start; at < groupEnd; at += ENTRIES_AT_ONCE) {
      const end = Math.min(at + ENTRIES_AT_ONCE, groupEnd);
      const operations = keys.slice(at, end).map((key) => ({ type: 'put', key, value }));
      await database.batch(operations, { sync: end === groupEnd });
    }
  }
}
