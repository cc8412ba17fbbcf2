import { basename, join } from 'node:path';
import { listSegments, type SegmentEntry } from '../../wal/folder/segment-folder.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { BarrierWatch, missingBarriers, type WatchedSegment } from '../../wal/folder/barriers.js';
import { segmentName } from '../../wal/format/segment-name.js';
import { MergedScanner } from '../../wal/scan/merged-scanner.js';
import { missingSegments } from '../../wal/folder/missing-segments.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import type { ArrangementWishes } from '../survey/arrange-directory.js';
import { fillLooseSegment, fillLooseSegments } from '../replica/fill-loose-segments.js';
import { arrangeSegment, arrangeSegments, type SegmentWishes } from '../survey/arrange-segments.js';
import { NewFile } from './new-file.js';
import { countKey, salvageSegment } from './salvage-segment.js';

/**
 * Salvages a segment that belongs to no store: in the order of its sequences, whatever core its name says. One
 * that segments of several cores were joined to becomes a folder of them.
 */
export function* salvageLooseSegment(
  account: RepairAccount,
  path: string,
  into: string | undefined,
  wishes: SegmentWishes = {},
): Generator<RepairEvent, void> {
  const { coreId, isJoined, arrangement } = arrangeSegment(account.fileSystem, path, wishes);
  if (arrangement !== undefined) yield* account.readThrough(arrangement);
  if (isJoined) {
    yield* fillLooseSegments(account, path);
    yield* salvageSegments(account, path, into);
    return;
  }
  yield* fillLooseSegment(account, path, coreId);
  yield* salvageSegment(account, { path, coreId, isLoose: true }, into);
}

/**
 * Salvages every segment of a folder of them into a new folder, under their names.
 * @param into the new folder, its names on disk when this returns; undefined to look only
 */
export function* salvageWalFolder(
  account: RepairAccount,
  folder: string,
  into: string | undefined,
  wishes: Pick<ArrangementWishes, 'without'> = {},
): Generator<RepairEvent, void> {
  const arrangement = arrangeSegments(account.fileSystem, folder, wishes);
  if (arrangement !== undefined) yield* account.readThrough(arrangement);
  yield* fillLooseSegments(account, folder);
  yield* salvageSegments(account, folder, into);
}

function* salvageSegments(
  account: RepairAccount,
  folder: string,
  into: string | undefined,
): Generator<RepairEvent, void> {
  const { fileSystem } = account;
  const segments = listSegments(fileSystem, folder);
  if (into !== undefined) fileSystem.makeDirectory(into);
  const watched: WatchedSegment[] = [];
  for (const finding of missingSegments(folder, segments)) {
    yield account.take(finding);
    // LaminarDB opens no folder in which a core has none.
    const name = segmentName(finding.coreId!);
    account.madeEmpty.push(name);
    if (into !== undefined) writeEmpty(account, join(into, name));
  }
  const reached = groupReach(fileSystem, segments, () => ({ isLoose: true }));
  for (const { path, coreId } of segments) {
    const destination = into === undefined ? undefined : join(into, basename(path));
    const barriers = new BarrierWatch();
    const onRecord = (view: WalEntryView): void => {
      barriers.take(view);
    };
    const { goodEnd } = yield* salvageSegment(
      account,
      {
        path,
        coreId,
        isLoose: true,
        reached,
        onRecord,
        beside: segments.filter((other) => other.path !== path),
      },
      destination,
    );
    watched.push({ path, coreId, goodEnd, barriers });
  }
  for (const finding of missingBarriers(watched)) yield account.take(finding);
  if (into !== undefined) fileSystem.syncDirectory(into);
  if (segments.length > 1) countKeys(account, into === undefined ? segments : listSegments(fileSystem, into));
}

/** Several cores may write one key: what it comes to is told by all their records in order. */
function countKeys({ fileSystem, census }: RepairAccount, segments: readonly SegmentEntry[]): void {
  const scanner = MergedScanner.open(segments, { fileSystem, isLoose: true });
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next())
      if (event === 'record') countKey(census, scanner.view);
  } finally {
    scanner.close();
  }
}

function writeEmpty(account: RepairAccount, path: string): void {
  const file = NewFile.create(account.fileSystem, path);
  try {
    file.finish();
  } finally {
    file.abandon();
  }
}
