import { HEADER_BYTES } from '../../fold/format/format.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import {
  foldStretches,
  type FoldGap,
  type FoldStretches,
  type RecordPlace,
  type Stretch,
} from './fold-stretches.js';

/** Stretches of another copy that belong into a gap. */
export interface GapFill {
  readonly other: FoldStretches;
  /** Those that begin right where the gap does. */
  readonly head: readonly Stretch[];
  readonly middle: readonly Stretch[];
  /** Those that end right where the gap does. */
  readonly tail: readonly Stretch[];
  /** True where they are all that was there. */
  readonly isFull: boolean;
}

/** A part of the other copy that lies between two records that both have. */
interface Span {
  readonly from: number;
  readonly to: number;
  /** True where the log goes on to its end. */
  readonly isOpen: boolean;
}

/**
 * The records of another copy of a fold log that stand in its gaps: between the very records that stand before and behind a gap
 * here. One that was written twice is only known by its place. A gap at the end takes all that the copy has behind it.
 * @returns for each gap; undefined where the copy has nothing that is sure to belong there
 */
export function copiesOfGaps(
  fileSystem: FileSystem,
  own: FoldStretches,
  gaps: readonly FoldGap[],
  path: string,
): (GapFill | undefined)[] {
  const wanted = new Map<string, RecordPlace[]>();
  for (const { first, last } of own.stretches) for (const { mark } of [first, last]) wanted.set(mark, []);
  const other = foldStretches(fileSystem, path, (_record, place) => wanted.get(place.mark)?.push(place));
  const find = (place: RecordPlace): RecordPlace | undefined => {
    const found = wanted.get(place.mark) ?? [];
    return found.find(({ offset }) => offset === place.offset) ?? (found.length === 1 ? found[0] : undefined);
  };
  const spans = gaps.map((gap) => spanOf(gap, find, other));
  const within = spans.map((): Stretch[] => []);
  foldStretches(fileSystem, path, (_record, place) => {
    const at = spans.findIndex(
      (span) => span !== undefined && place.offset >= span.from && place.end <= span.to,
    );
    if (at >= 0) join(within[at]!, place);
  });
  return spans.map((span, index) => (span === undefined ? undefined : fillOf(other, within[index]!, span)));
}

function spanOf(
  { before, after }: FoldGap,
  find: (place: RecordPlace) => RecordPlace | undefined,
  other: FoldStretches,
): Span | undefined {
  if (before === undefined && after === undefined) return undefined;
  const from = before === undefined ? HEADER_BYTES : find(before.last)?.end;
  const to = after === undefined ? other.status.size : find(after.first)?.offset;
  if (from === undefined || to === undefined || to <= from) return undefined;
  return { from, to, isOpen: after === undefined };
}

function join(stretches: Stretch[], place: RecordPlace): void {
  const last = stretches.at(-1);
  if (last?.end === place.offset) {
    stretches[stretches.length - 1] = { ...last, end: place.end, records: last.records + 1, last: place };
  } else stretches.push({ offset: place.offset, end: place.end, records: 1, first: place, last: place });
}

function fillOf(
  other: FoldStretches,
  within: readonly Stretch[],
  { from, to, isOpen }: Span,
): GapFill | undefined {
  if (within.length === 0) return undefined;
  const head = within.filter(({ offset }) => offset === from);
  const tail = within.filter((one) => !isOpen && one.end === to && !head.includes(one));
  const middle = within.filter((one) => !head.includes(one) && !tail.includes(one));
  return { other, head, middle, tail, isFull: !isOpen && head[0]?.end === to };
}
