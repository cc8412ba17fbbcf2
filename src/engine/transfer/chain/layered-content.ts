import { compareBytes } from '../../bytes/compare.js';
import type { LinesEnd, LinesHeader } from '../../lines/export-lines.js';
import { ContentSums, type KeyChange } from '../../lines/increment-lines.js';
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

/** Goes once through a content with changes over it: the sums of what it holds without them, and with them. */
export function sumsAround(
  forEachEntry: EntriesInOrder,
  changes: readonly KeyChange[],
  from: LinesHeader,
  to: LinesHeader,
): { readonly before: Required<LinesEnd>; readonly after: Required<LinesEnd> } {
  const before = new ContentSums(from);
  const after = new ContentSums(to);
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
