import { compareBytes, equalBytes } from '../bytes/compare.js';
import type { Entry, EntryRange } from '../entry-cursor.js';
import type { ReadableStore } from '../store/store.js';

/** The change of a key from one store to the other. */
export type KeyOutcome = 'same' | 'added' | 'removed' | 'changed';

/** One key that either store holds, and its values; undefined where it is not there. */
export interface ComparedKey<Outcome = KeyOutcome> {
  readonly outcome: Outcome;
  readonly key: Uint8Array;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

/**
 * Goes through two stores in key order, both at once, and yields every key that either holds, with
 * the change from the first store to the second. It holds one entry of each. Keys and values count, as in
 * the digest of the content; cursors and revisions do not.
 * @param range forwards: which keys; default: all
 * @throws StatelogError `DAMAGED` where a value of either cannot be read; all before it was told
 */
export function* compareStores(
  first: Pick<ReadableStore, 'entries'>,
  second: Pick<ReadableStore, 'entries'>,
  range?: Omit<EntryRange, 'reverse'>,
): Generator<ComparedKey, void> {
  for (const { before: old, after: fresh } of pairedEntries(first.entries(range), second.entries(range))) {
    const before = old?.value;
    const after = fresh?.value;
    yield { outcome: outcomeOf(before, after), key: (old ?? fresh)!.key, before, after };
  }
}

/** One key's entries in two contents; one of them at least is there. */
export interface EntryPair<E extends Entry> {
  readonly before: E | undefined;
  readonly after: E | undefined;
}

/** Pairs the entries of two contents, each in key order, by their keys; a pair is valid until the next is asked for where entries are. */
export function* pairedEntries<E extends Entry>(
  first: Iterable<E>,
  second: Iterable<E>,
): Generator<EntryPair<E>, void> {
  const olds = first[Symbol.iterator]();
  const news = second[Symbol.iterator]();
  try {
    let old = nextOf(olds);
    let fresh = nextOf(news);
    while (old !== undefined || fresh !== undefined) {
      const order = orderOf(old, fresh);
      yield { before: order <= 0 ? old : undefined, after: order >= 0 ? fresh : undefined };
      if (order <= 0) old = nextOf(olds);
      if (order >= 0) fresh = nextOf(news);
    }
  } finally {
    olds.return?.();
    news.return?.();
  }
}

function outcomeOf(before: Uint8Array | undefined, after: Uint8Array | undefined): KeyOutcome {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  return equalBytes(before, after) ? 'same' : 'changed';
}

function nextOf<E extends Entry>(entries: Iterator<E>): E | undefined {
  const step = entries.next();
  return step.done === true ? undefined : step.value;
}

/** Negative where the first comes next, positive where the second does; a store at its end comes last. */
function orderOf(old: Entry | undefined, fresh: Entry | undefined): number {
  if (old === undefined) return 1;
  return fresh === undefined ? -1 : compareBytes(old.key, fresh.key);
}
