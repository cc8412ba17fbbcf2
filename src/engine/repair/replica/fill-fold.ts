import { HEADER_BYTES } from '../../fold/format/format.js';
import type { FileSlice } from '../../storage-io/views/composed-file-system.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { Filled, RepairEvent } from '../account/report.js';
import { ArrangementBuilder } from '../survey/arrangement.js';
import { copiesOfGaps, type GapFill } from './fold-copy.js';
import { fillFoldKeys } from './fill-fold-keys.js';
import { foldStretches, gapsOf, type FoldGap, type FoldStretches } from './fold-stretches.js';

/** A gap, and what becomes of it. */
interface MendedGap {
  readonly gap: FoldGap;
  readonly fill: GapFill | undefined;
  /** Bytes of the gap that nothing stands for. */
  readonly rest: { readonly start: number; readonly end: number };
}

/**
 * Fills the gaps of a fold log from the account's replica. Where that is a copy of the log, the records between those before and
 * behind a gap are taken as they are; where it was folded anew, the keys whose versions lie within a gap are.
 */
export function* fillFold(account: RepairAccount, path: string): Generator<RepairEvent, void> {
  const { replica, fileSystem } = account;
  if (replica === undefined) return;
  const own = foldStretches(fileSystem, path);
  const gaps = gapsOf(own);
  const fills = replica.fold === undefined ? [] : copiesOfGaps(fileSystem, own, gaps, replica.fold);
  const mended = gaps.map((gap, index): MendedGap => ({
    gap,
    fill: fills[index],
    rest: restOf(gap, fills[index]),
  }));
  for (const one of mended) for (const filled of filledOf(path, one)) yield account.tellFilled(filled);
  const open = mended.filter(({ rest }) => rest.end > rest.start).map(({ gap }) => gap);
  const keys =
    open.length === 0 ? new Map<FoldGap, FileSlice[]>() : yield* fillFoldKeys(account, replica, own, open);
  if (account.filled.places === 0) return;
  const builder = new ArrangementBuilder(fileSystem, path);
  builder.place(path, slicesOf(own, mended, keys));
  yield* account.readThrough(builder.build([]));
}

function restOf({ start, end }: FoldGap, fill: GapFill | undefined): MendedGap['rest'] {
  if (fill === undefined) return { start, end };
  if (fill.isFull) return { start: end, end };
  return { start: start + bytesOf(fill.head), end: end - bytesOf(fill.tail) };
}

function* filledOf(file: string, { gap, fill }: MendedGap): Generator<Filled, void> {
  if (fill === undefined) return;
  for (const { offset, end, records } of [...fill.head, ...fill.middle, ...fill.tail]) {
    const [bytes, from] = [end - offset, fill.other.path];
    yield { kind: 'records', file, offset: gap.start, bytes, records, from, fromOffset: offset };
  }
}

function slicesOf(
  own: FoldStretches,
  mended: readonly MendedGap[],
  keys: ReadonlyMap<FoldGap, readonly FileSlice[]>,
): FileSlice[] {
  const slices: FileSlice[] = [];
  const add = ({ path, status }: FoldStretches, start: number, end: number): void => {
    if (end > start) slices.push({ path, start, length: end - start, holder: status });
  };
  add(own, 0, Math.min(HEADER_BYTES, own.status.size));
  for (const { gap, fill, rest } of mended) {
    for (const { offset, end } of fill?.head ?? []) add(fill!.other, offset, end);
    add(own, rest.start, rest.end);
    for (const { offset, end } of [...(fill?.middle ?? []), ...(fill?.tail ?? [])])
      add(fill!.other, offset, end);
    slices.push(...(keys.get(gap) ?? []));
    if (gap.after !== undefined) add(own, gap.after.offset, gap.after.end);
  }
  return slices;
}

function bytesOf(stretches: GapFill['head']): number {
  return stretches.reduce((sum, { offset, end }) => sum + end - offset, 0);
}
