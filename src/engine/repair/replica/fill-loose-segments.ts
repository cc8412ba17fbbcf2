import { join } from 'node:path';
import { segmentName } from '../../wal/format/segment-name.js';
import { listSegments } from '../../wal/folder/segment-folder.js';
import type { RepairAccount } from '../account/repair-account.js';
import type { RepairEvent } from '../account/report.js';
import { ArrangementBuilder } from '../survey/arrangement.js';
import { fillSegment } from './fill-segment.js';
import type { Replica } from './replica.js';

/** Fills the holes of one segment that belongs to no store from the account's replica. */
export function* fillLooseSegment(
  account: RepairAccount,
  path: string,
  coreId: number | undefined,
): Generator<RepairEvent, void> {
  const { replica, fileSystem } = account;
  if (replica === undefined || coreId === undefined) return;
  const builder = new ArrangementBuilder(fileSystem, path);
  yield* fillSegment(account, replica, builder, { path, coreId, beganAsOne: false });
  if (builder.isMoved) yield* account.readThrough(builder.build([]));
}

/**
 * Fills the holes of the segments of a folder from the account's replica. A core that has none gets the replica's, where the other
 * cores prove that both are one log.
 */
export function* fillLooseSegments(account: RepairAccount, folder: string): Generator<RepairEvent, void> {
  const { replica, fileSystem } = account;
  if (replica === undefined) return;
  const builder = new ArrangementBuilder(fileSystem, folder);
  const segments = listSegments(fileSystem, folder);
  const proven: boolean[] = [];
  for (const { path, coreId } of segments) {
    builder.keep(path);
    const outcome = yield* fillSegment(account, replica, builder, { path, coreId, beganAsOne: false });
    proven.push(outcome);
  }
  const cores = new Set(segments.map(({ coreId }) => coreId));
  const beganAsOne = proven.length > 0 && proven.every(Boolean);
  for (const coreId of coresOf(replica).filter((core) => !cores.has(core))) {
    const path = join(folder, segmentName(coreId));
    yield* fillSegment(account, replica, builder, { path, coreId, firstSequence: 0n, beganAsOne });
  }
  if (builder.isMoved) yield* account.readThrough(builder.build([folder]));
}

function coresOf({ evidence }: Replica): number[] {
  const runs = evidence.flatMap((one) => (one.kind === 'segment' ? one.runs : []));
  return [...new Set(runs.map(({ coreId }) => coreId))].sort((a, b) => a - b);
}
