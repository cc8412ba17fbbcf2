import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { groupReach } from '../../wal/groups/group-reach.js';
import { scanOptionsOf } from '../../wal/scan/scan-options.js';
import { WalScanner, type WalScanOptions } from '../../wal/scan/scanner.js';
import type { SegmentEntry } from '../../wal/folder/segment-folder.js';
import { findLogs, type ReplayLog } from '../replay/replay-logs.js';
import { attempt } from './stat-problem.js';
import type { SegmentStat } from './stat-report.js';

/** Every segment at a path, read from end to end. */
export function statSegments(fileSystem: FileSystem, path: string): SegmentStat[] {
  return findLogs(fileSystem, path).flatMap((log) =>
    log.segments.map((segment) => statSegment(fileSystem, log, segment)),
  );
}

function statSegment(fileSystem: FileSystem, log: ReplayLog, { path, coreId }: SegmentEntry): SegmentStat {
  const named = {
    segment: path,
    ...(log.epoch === undefined ? {} : { epoch: String(log.epoch) }),
    coreId,
  };
  const read = attempt(() => readSegment(fileSystem, log, { path, coreId }));
  return 'problem' in read ? { ...named, problem: read.problem } : { ...named, ...read.value };
}

function readSegment(
  fileSystem: FileSystem,
  { expected, segments }: ReplayLog,
  { path, coreId }: SegmentEntry,
): Omit<SegmentStat, 'segment' | 'epoch' | 'coreId'> {
  const optionsOf = (core: number): WalScanOptions => scanOptionsOf(expected, core);
  const reached = groupReach(fileSystem, segments, optionsOf);
  const scanner = WalScanner.open(path, { ...optionsOf(coreId), fileSystem, reached });
  let problem: string | undefined;
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event !== 'finding' || scanner.finding!.severity === 'notice') continue;
      problem ??= `${scanner.finding!.class} at byte ${scanner.finding!.offset}: ${scanner.finding!.message}`;
    }
    const { end, records, goodEnd, nextSequence } = scanner;
    return {
      bytes: end,
      records,
      position: goodEnd,
      ...(nextSequence === undefined ? {} : { nextSequence: String(nextSequence) }),
      ...(problem === undefined ? {} : { problem }),
    };
  } finally {
    scanner.close();
  }
}
