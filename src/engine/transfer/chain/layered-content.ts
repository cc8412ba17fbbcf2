import { compareBytes } from '../../bytes/compare.js';
import type { LinesEnd, LinesHeader } from '../../lines/export-lines.js';
import { EntrySum } from '../../bytes/hash/entry-sum.js';
import { ContentSums, type ContentEnd, type KeyChange } from '../../lines/increment-lines.js';
import type { EntryVisitor } from '../../store/store.js';
import type { EntriesInOrder } from '../build-store.js';

/** Shows the entries of a content with changes, which are in key order, laid over it. */
export function forEachLayered(
  forEachEntry: EntriesInOrder,
  changes: readonly KeyChange[],
  visit: EntryVisitor,
): void {
  let next = 0;
  const take = (): void => {
    const { key, value, version } = changes[next++]!;
    if (value !== undefined) visit(key, value, version);
  };
  forEachEntry((key, value, version) => {
    let order = -1;
    while (next < changes.length && (order = compareBytes(changes[next]!.key, key)) < 0) take();
    if (next < changes.length && order === 0) take();
    else visit(key, value, version);
  });
  while (next < changes.length) take();
}

/** A content, by where it stands, and by what is said of it. */
export interface Expected {
  readonly position: LinesHeader;
  readonly content: ContentEnd;
}

/**
 * Goes once through a content with changes over it: the digests of what it holds without them, and with them, and the sums where
 * only those are said.
 */
export function sumsAround(
  forEachEntry: EntriesInOrder,
  changes: readonly KeyChange[],
  from: Expected,
  to: Expected,
): { readonly before: ContentEnd & Required<LinesEnd>; readonly after: ContentEnd & Required<LinesEnd> } {
  const before = sumsFor(from);
  const after = sumsFor(to);
  const counted: EntriesInOrder = (visit) => {
    forEachEntry((key, value, version) => {
      before.add(key, value, version);
      visit(key, value, version);
    });
  };
  forEachLayered(counted, changes, (key, value, version) => {
    after.add(key, value, version);
  });
  return { before: before.sums(), after: after.sums() };
}

function sumsFor({ position, content: { digest } }: Expected): ContentSums {
  return new ContentSums(position, digest === undefined ? new EntrySum() : undefined);
}
