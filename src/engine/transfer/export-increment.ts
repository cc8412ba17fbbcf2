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
  type KeyChange,
} from '../lines/increment-lines.js';
import type { IncrementPosition } from '../lines/increment-position.js';
import type { ReadableStore, StoredEntry } from '../store/store.js';
import type { ContentAt } from './chain/content-at.js';
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
  const [before, after] = [momentOf(base, positionOf(base)), momentOf(end, until)];
  const { puts, deletes, until: whole } = yield* incrementLines(before, after, storeId);
  const { epoch, cursor } = until;
  const position = { epoch: epoch === undefined ? null : String(epoch), cursor: cursorText(cursor) ?? null };
  return { ...position, keys: whole.keys, digest: whole.digest, since, puts, deletes };
}

function momentOf(store: ReadableStore, position: IncrementPosition): ContentAt {
  return { position, lentEntries: () => store.lentEntries() };
}

/** The header of a whole export of it, but for what belongs to the store alone. */
function positionOf({ kind, cursor, epoch, sources, watermark }: ReadableStore): IncrementPosition {
  return { kind: kind === 'log' ? 'log' : 'directory', cursor, epoch, sources, watermark };
}

/** The lines of an increment from one content to another; returns how it ends. */
export function* incrementLines(
  from: ContentAt,
  to: ContentAt,
  store: string | undefined,
): Generator<string, IncrementEnd> {
  const header = { since: from.position, until: to.position, store };
  const before = new ContentSums(header.since);
  const after = new ContentSums(header.until);
  const digest = new ChangesDigest(header);
  yield incrementStart(header);
  for (const pair of pairedEntries(from.lentEntries(), to.lentEntries())) {
    addTo(before, pair.before);
    addTo(after, pair.after);
    const change = changeOf(pair);
    if (change === undefined) continue;
    digest.add(change);
    yield* changeLine(change);
  }
  const end = digest.end(before.sums(), after.sums());
  yield incrementEnd(end);
  return end;
}

function addTo(sums: ContentSums, entry: StoredEntry | undefined): void {
  if (entry !== undefined) sums.add(entry.key, entry.value, entry.version);
}

function changeOf({ before, after }: EntryPair<StoredEntry>): KeyChange | undefined {
  if (after === undefined) return { key: before!.key, value: undefined };
  if (before === undefined) return after;
  const isSame =
    equalBytes(before.value, after.value) &&
    equalBytes(before.version ?? NO_VERSION, after.version ?? NO_VERSION);
  return isSame ? undefined : after;
}
