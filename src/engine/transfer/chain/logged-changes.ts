import { compareBytes } from '../../bytes/compare.js';
import { readDirectory, type DirectorySnapshot } from '../../directory/read/reader.js';
import { findInCore, type CoreStates } from '../../directory/state/core-state.js';
import { isStatelogError } from '../../errors.js';
import type { EntryPair } from '../../inspect/compare-stores.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { StoredEntry } from '../../store/store.js';

/** Up to this many keys are looked up one by one in any store, and in a large one up to a part of its keys: beyond that, going through all of it is quicker. */
const KEYS_LOOKED_UP = 1000;
const LOOKED_UP_OF_ALL = 0.25;

/** The most keys that are looked up in a store of so many. */
export function keysWorthWhile(keys: number): number {
  return Math.max(KEYS_LOOKED_UP, keys * LOOKED_UP_OF_ALL);
}

/** The last that the logs say of a key. */
interface StoredChange {
  readonly key: Uint8Array;
  /** Undefined where it was deleted. */
  readonly value: Uint8Array | undefined;
}

/** The keys of a store that the logs between two of its moments name. */
export interface LoggedChanges {
  /** For each of them, in key order, what it held and what it holds; valid as long as the moments are open. */
  readonly pairs: Iterable<EntryPair<StoredEntry>>;
  /** Keys at the later moment. */
  readonly keysAfter: number;
}

/**
 * Finds what changed between two moments of a state directory by the logs between them, without going through all that it
 * holds.
 * @returns undefined where the logs do not tell it, or there is too much for it to be worth while
 */
export function loggedChanges(
  fileSystem: FileSystem,
  root: string,
  from: DirectorySnapshot,
  to: DirectorySnapshot,
): LoggedChanges | undefined {
  const keysAfter = countOf(to.states);
  const found = new Map<string, StoredChange>();
  const most = keysWorthWhile(keysAfter);
  const take = (states: CoreStates): boolean => {
    for (const { overlay } of states.all) {
      const cursor = overlay.cursor();
      for (let valid = cursor.first(); valid && found.size <= most; valid = cursor.next()) {
        const key = cursor.key.slice();
        const value = cursor.deleted ? undefined : cursor.value().slice();
        found.set(Buffer.from(key).toString('latin1'), { key, value });
      }
    }
    return found.size <= most;
  };
  try {
    for (const log of closedLogs(from, to)) {
      const { states } = readDirectory({ fileSystem, root, ...log });
      try {
        if (!take(states)) return undefined;
      } finally {
        states.release();
      }
    }
  } catch (error) {
    // What is no longer there, or damaged, may not be needed by who goes through all.
    if (isStatelogError(error)) return undefined;
    throw error;
  }
  if (!take(to.states)) return undefined;
  const changes = [...found.values()].sort((one, other) => compareBytes(one.key, other.key));
  return { keysAfter, pairs: pairsOf(changes, from.states) };
}

/** The logs from one checkpoint to another, each as `readDirectory` reads it. */
function closedLogs(
  from: DirectorySnapshot,
  to: DirectorySnapshot,
): { readonly at: bigint; readonly upTo: readonly bigint[] }[] {
  const after = from.entry?.epoch ?? 0n;
  const until = to.entry?.epoch ?? 0n;
  return to.manifest.checkpoints
    .filter(({ epoch }) => epoch > after && epoch <= until)
    .map(({ epoch, cores }) => ({ at: epoch - 1n, upTo: cores.map(({ nextSequence }) => nextSequence) }));
}

function* pairsOf(
  changes: readonly StoredChange[],
  from: CoreStates,
): Generator<EntryPair<StoredEntry>, void> {
  for (const { key, value } of changes) {
    const old = findInCore(from.of(key), key);
    const [before, after] = [old, value].map((one) => (one === undefined ? undefined : { key, value: one }));
    if (before !== undefined || after !== undefined) yield { before, after };
  }
}

/** How many keys there are, as the indexes claim, and the changes over them. */
function countOf(states: CoreStates): number {
  let count = 0;
  for (const { base, overlay } of states.all) {
    count += base?.count ?? 0;
    const cursor = overlay.cursor();
    for (let valid = cursor.first(); valid; valid = cursor.next()) {
      const isBelow = base?.find(cursor.key) ?? false;
      if (isBelow && cursor.deleted) count -= 1;
      else if (!isBelow && !cursor.deleted) count += 1;
    }
  }
  return count;
}
