import { equalBytes } from '../bytes/compare.js';
import { cursorText } from '../fold/format/position-text.js';
import { pairedEntries, type EntryPair } from '../inspect/compare-stores.js';
import {
  ChangesDigest,
  changeLine,
  ContentSums,
  incrementEnd,
  incrementStart,
  type IncrementEnd,
  type IncrementHeader,
  type KeyChange,
} from '../lines/increment-lines.js';
import type { IncrementPosition } from '../lines/increment-position.js';
import type { ReadableStore, StoredEntry } from '../store/store.js';
import type { Prepared } from './export-content.js';
import { incrementSides, type IncrementSides, type PreparingSince } from './increment-sides.js';
import type { ExportReport } from './prepared-export.js';

const NO_VERSION = new Uint8Array(0);

/**
 * The changes in a store after a position: all that differs between the content there and the content at its end.
 * @throws StatelogError as `incrementSides`
 */
export function incrementContent(preparing: PreparingSince): Prepared {
  const sides = incrementSides(preparing);
  return { content: { lines: () => linesOf(sides, preparing.since) }, notices: sides.end.notices };
}

function* linesOf(
  { base, end, storeId }: IncrementSides,
  since: string,
): Generator<string, Omit<ExportReport, 'path'>> {
  const until = positionOf(end);
  const header = { since: positionOf(base), until, store: storeId };
  const sums = new WholeSums(header);
  const pairs = pairedEntries(base.lentEntries(), end.lentEntries());
  const { puts, deletes } = yield* incrementLines(header, pairs, sums);
  const { keys, digest } = sums.after.sums();
  const { epoch, cursor } = until;
  const position = { epoch: epoch === undefined ? null : String(epoch), cursor: cursorText(cursor) ?? null };
  return { ...position, keys, digest, since, puts, deletes };
}

/** The header of a whole export of it, but for what belongs to the store alone. */
function positionOf({ kind, cursor, epoch, sources, watermark }: ReadableStore): IncrementPosition {
  return { kind: kind === 'log' ? 'log' : 'directory', cursor, epoch, sources, watermark };
}

/** Counts a content, and the one after it, by pairs of what their keys hold. */
export interface PairSums {
  add(pair: EntryPair<StoredEntry>, isChange: boolean): void;
  /** The sums of the two. */
  ends(): Pick<IncrementEnd, 'since' | 'until'>;
}

/** The digests of two contents of which all is shown. */
export class WholeSums implements PairSums {
  readonly after: ContentSums;
  readonly #before: ContentSums;

  constructor({ since, until }: IncrementHeader) {
    this.#before = new ContentSums(since);
    this.after = new ContentSums(until);
  }

  add({ before, after }: EntryPair<StoredEntry>): void {
    if (before !== undefined) this.#before.add(before.key, before.value, before.version);
    if (after !== undefined) this.after.add(after.key, after.value, after.version);
  }

  ends(): Pick<IncrementEnd, 'since' | 'until'> {
    return { since: this.#before.sums(), until: this.after.sums() };
  }
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
  if (after === undefined) return { key: before!.key, value: undefined };
  if (before === undefined) return after;
  const isSame =
    equalBytes(before.value, after.value) &&
    equalBytes(before.version ?? NO_VERSION, after.version ?? NO_VERSION);
  return isSame ? undefined : after;
}
