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
  const olds = first.entries(range)[Symbol.iterator]();
  const news = second.entries(range)[Symbol.iterator]();
  try {
    let old = nextOf(olds);
    let fresh = nextOf(news);
    while (old !== undefined || fresh !== undefined) {
      const order = orderOf(old, fresh);
      if (order < 0) {
        yield { outcome: 'removed', key: old!.key, before: old!.value, after: undefined };
        old = nextOf(olds);
      } else if (order > 0) {
        yield { outcome: 'added', key: fresh!.key, before: undefined, after: fresh!.value };
        fresh = nextOf(news);
      } else {
        const { key, value: before } = old!;
        const { value: after } = fresh!;
        yield { outcome: equalBytes(before, after) ? 'same' : 'changed', key, before, after };
        old = nextOf(olds);
        fresh = nextOf(news);
      }
    }
  } finally {
    olds.return?.();
    news.return?.();
  }
}

function nextOf(entries: Iterator<Entry>): Entry | undefined {
  const step = entries.next();
  return step.done === true ? undefined : step.value;
}

/** Negative where the first comes next, positive where the second does; a store at its end comes last. */
function orderOf(old: Entry | undefined, fresh: Entry | undefined): number {
  if (old === undefined) return 1;
  return fresh === undefined ? -1 : compareBytes(old.key, fresh.key);
}
