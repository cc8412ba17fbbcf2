import { createRequire } from 'node:module';
import path from 'node:path';
import type { Peer } from '../frame/peer.js';
import { betterSqlite3Peer } from './better-sqlite3.js';
import { classicLevelPeer } from './classic-level.js';
import { lmdbPeer } from './lmdb.js';

/** The peers, by the names of their packages. None of them is a dependency of this project. */
const PEERS: Readonly<Record<string, (module: unknown) => Peer>> = {
  lmdb: lmdbPeer,
  'classic-level': classicLevelPeer,
  'better-sqlite3': betterSqlite3Peer,
};

/** The peers that are there, and a word about each that is not. */
export interface InstalledPeers {
  readonly peers: readonly Peer[];
  readonly notices: readonly string[];
}

/**
 * Loads the peers that a folder's `node_modules` has.
 * @param folder where to look from; default: what this project itself could import
 */
export function installedPeers(folder: string | undefined): InstalledPeers {
  const from = folder === undefined ? import.meta.url : path.join(path.resolve(folder), 'package.json');
  const resolve = createRequire(from);
  const peers: Peer[] = [];
  const notices: string[] = [];
  for (const [name, peerOf] of Object.entries(PEERS)) {
    try {
      peers.push(peerOf(resolve(name)));
    } catch (error) {
      const [reason] = (error as Error).message.split('\n');
      notices.push(`${name} is left out: ${reason}`);
    }
  }
  return { peers, notices };
}
