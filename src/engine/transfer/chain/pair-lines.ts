import { equalBytes } from '../../bytes/compare.js';
import type { EntryPair } from '../../inspect/compare-stores.js';
import {
  ChangesDigest,
  changeLine,
  incrementEnd,
  incrementStart,
  type IncrementEnd,
  type IncrementHeader,
  type KeyChange,
} from '../../lines/increment-lines.js';
import type { StoredEntry } from '../../store/store.js';

const NO_VERSION = new Uint8Array(0);

/** Counts a content, and the one after it, by pairs of what their keys hold. */
export interface PairSums {
  add(pair: EntryPair<StoredEntry>, isChange: boolean): void;
  /** The sums of the two. */
  ends(): Pick<IncrementEnd, 'since' | 'until'>;
}

/**
 * The lines of an increment from one content to another; returns how it ends.
 * @param pairs in key order, each key that changed among them
 */
export function* incrementLines(
  header: IncrementHeader,
  pairs: Iterable<EntryPair<StoredEntry>>,
  sums: PairSums,
): Generator<string, IncrementEnd> {
  const digest = new ChangesDigest(header);
  yield incrementStart(header);
  for (const pair of pairs) {
    const change = changeOf(pair);
    sums.add(pair, change !== undefined);
    if (change === undefined) continue;
    digest.add(change);
    yield* changeLine(change);
  }
  const { since, until } = sums.ends();
  const end = digest.end(since, until);
  yield incrementEnd(end);
  return end;
}

function changeOf({ before, after }: EntryPair<StoredEntry>): KeyChange | undefined {
  if (before === after) return undefined;
  if (after === undefined) return { key: before!.key, value: undefined };
  if (before === undefined) return after;
  const isSame =
    equalBytes(before.value, after.value) &&
    equalBytes(before.version ?? NO_VERSION, after.version ?? NO_VERSION);
  return isSame ? undefined : after;
}
