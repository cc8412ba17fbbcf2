import type { Peer, PeerStore } from '../frame/peer.js';
import { prefixEnd } from '../frame/peer.js';

/** What is used of the package: its export is a class. */
type SqliteModule = new (path: string) => SqliteDatabase;

interface SqliteDatabase {
  pragma(text: string): unknown;
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  transaction(work: (start: number, end: number) => void): (start: number, end: number) => void;
  close(): void;
}

interface SqliteStatement {
  raw(): SqliteStatement;
  run(...values: unknown[]): unknown;
  get(...values: unknown[]): readonly [Uint8Array] | undefined;
  iterate(...values: unknown[]): Iterable<readonly [Uint8Array, Uint8Array]>;
}

/** better-sqlite3 12: a table without row ids, write-ahead log, every transaction synced. */
export function betterSqlite3Peer(module: unknown): Peer {
  const Database = module as SqliteModule;
  return {
    name: 'better-sqlite3',
    open: (path) => {
      const database = new Database(path);
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      database.exec('create table if not exists entries (key blob primary key, value blob) without rowid');
      return Promise.resolve(sqliteStore(database));
    },
  };
}

function sqliteStore(database: SqliteDatabase): PeerStore {
  const put = database.prepare('insert or replace into entries values (?, ?)');
  const get = database.prepare('select value from entries where key = ?').raw();
  const all = database.prepare('select key, value from entries order by key').raw();
  const some = database
    .prepare('select key, value from entries where key >= ? and key < ? order by key')
    .raw();
  const sum = (rows: Iterable<readonly [Uint8Array, Uint8Array]>): number => {
    let bytes = 0;
    for (const [, value] of rows) bytes += value.length;
    return bytes;
  };
  return {
    putAll(keys, value, groupSize) {
      const putGroup = database.transaction((start, end) => {
        for (let index = start; index < end; index++) put.run(keys[index], value);
      });
      for (let start = 0; start < keys.length; start += groupSize) {
        putGroup(start, Math.min(start + groupSize, keys.length));
      }
    },
    getAll(keys, order) {
      let bytes = 0;
      for (const index of order) bytes += get.get(keys[index])?.[0].length ?? 0;
      return bytes;
    },
    scanAll: () => sum(all.iterate()),
    scanPrefixes: (prefixes) =>
      prefixes.reduce((bytes, prefix) => bytes + sum(some.iterate(prefix, prefixEnd(prefix))), 0),
    close: () => {
      database.close();
    },
  };
}
