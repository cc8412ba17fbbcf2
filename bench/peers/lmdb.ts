import type { Peer, PeerStore } from '../frame/peer.js';
import { prefixEnd } from '../frame/peer.js';

/** What is used of the package. */
interface LmdbModule {
  readonly open: (options: object) => LmdbDatabase;
}

interface LmdbDatabase {
  transactionSync(work: () => void): void;
  putSync(key: Uint8Array, value: Uint8Array): void;
  getBinary(key: Uint8Array): Uint8Array | undefined;
  getRange(options: object): Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>;
  readonly flushed: Promise<unknown>;
  close(): Promise<void>;
}

/** lmdb 3: a memory-mapped B+tree. Keys and values as bytes, no compression. */
export function lmdbPeer(module: unknown): Peer {
  const { open } = module as LmdbModule;
  return {
    name: 'lmdb',
    open: (path) => {
      const database = open({ path, keyEncoding: 'binary', encoding: 'binary', compression: false });
      return Promise.resolve(lmdbStore(database));
    },
  };
}

function lmdbStore(database: LmdbDatabase): PeerStore {
  const sum = (range: object): number => {
    let bytes = 0;
    for (const { value } of database.getRange(range)) bytes += value.length;
    return bytes;
  };
  return {
    async putAll(keys, value, groupSize) {
      for (let start = 0; start < keys.length; start += groupSize) {
        const end = Math.min(start + groupSize, keys.length);
        database.transactionSync(() => {
          for (let index = start; index < end; index++) database.putSync(keys[index]!, value);
        });
        // It syncs behind the transaction's back.
        await database.flushed;
      }
    },
    getAll(keys, order) {
      let bytes = 0;
      for (const index of order) bytes += database.getBinary(keys[index]!)?.length ?? 0;
      return bytes;
    },
    scanAll: () => sum({}),
    scanPrefixes: (prefixes) =>
      prefixes.reduce((bytes, prefix) => bytes + sum({ start: prefix, end: prefixEnd(prefix) }), 0),
    close: () => database.close(),
  };
}
