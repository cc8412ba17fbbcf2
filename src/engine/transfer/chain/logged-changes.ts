import { compareBytes } from '../../bytes/compare.js';
import { readDirectory, type DirectorySnapshot } from '../../directory/read/reader.js';
import { findInCore, isInCore, type CoreStates } from '../../directory/state/core-state.js';
import { isStatelogError } from '../../errors.js';
import type { EntryPair } from '../../inspect/compare-stores.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { StoredEntry } from '../../store/store.js';
import type { ChangedEntry } from './changes-over.js';

/** Up to this many keys are looked up one by one in any store, and in a large one up to a part of its keys: beyond that, going through all of it is quicker. */
const KEYS_LOOKED_UP = 1000;
const LOOKED_UP_OF_ALL = 0.25;

/** The most keys that are looked up in a store of so many. */
export function keysWorthWhile(keys: number): number {
  return Math.max(KEYS_LOOKED_UP, keys * LOOKED_UP_OF_ALL);
}

/** The keys of a store that the logs between two of its moments name. */
export interface LoggedChanges {
  /** For each of them, in key order, what it held and what it holds; valid as long as the moments are open. */
  readonly pairs: Iterable<EntryPair<StoredEntry>>;
  /** Each of them, in key order, with what it holds at the later moment. */
  readonly changes: readonly ChangedEntry[];
  /** Keys at the later moment, as its indexes claim. */
  readonly keysAfter: number;
  /** Counts the keys there by the earlier moment and the changes; other than `keysAfter` where something changed that no log tells of. */
  keysTold(): number;
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
  const found = new Map<string, ChangedEntry>();
  const most = keysWorthWhile(keysAfter);
  const take = (states: CoreStates): boolean => {
    for (const { overlay } of states.all) {
      const cursor = overlay.cursor();
      for (let valid = cursor.first(); valid && found.size <= most; valid = cursor.next()) {
        const key = cursor.key.slice();
        const after = cursor.deleted ? undefined : { key, value: cursor.value().slice() };
        found.set(Buffer.from(key).toString('latin1'), { key, after });
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
  return {
    changes,
    keysAfter,
    keysTold: () => keysOver(from.states, changes),
    pairs: pairsOf(changes, from.states),
  };
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
  changes: readonly ChangedEntry[],
  from: CoreStates,
): Generator<EntryPair<StoredEntry>, void> {
  for (const { key, after } of changes) {
    const value = findInCore(from.of(key), key);
    const before = value === undefined ? undefined : { key, value };
    if (before !== undefined || after !== undefined) yield { before, after };
  }
}

function keysOver(from: CoreStates, changes: readonly ChangedEntry[]): number {
  let keys = countOf(from);
  for (const { key, after } of changes) {
    if (isInCore(from.of(key), key)) keys -= 1;
    if (after !== undefined) keys += 1;
  }
  return keys;
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
