import nodePath from 'node:path';
import { StatelogError } from '../../errors.js';
import { DirectoryLayout } from '../../directory/manifest/layout.js';
import { liveLogLock } from '../../directory/manifest/live-log-lock.js';
import { readManifest } from '../../directory/manifest/manifest-file.js';
import type { Finding } from '../../finding.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { missingSegments } from '../../wal/folder/missing-segments.js';
import type { MergeOptions } from '../../wal/scan/merged-scanner.js';
import { WalScanner } from '../../wal/scan/scanner.js';
import { listSegments, type SegmentEntry } from '../../wal/folder/segment-folder.js';
import { coreIdOfSegmentName } from '../../wal/format/segment-name.js';
import { dropHints, looseHints, mendHints, type Hints } from '../hints.js';
import { identify } from '../identify.js';
import { isLogKept, keptLogs, type KeptLog } from '../kept-logs.js';

/** Segments that are read together. */
export interface ReplayLog {
  /** Undefined for segments that lie outside a state directory. */
  readonly epoch: bigint | undefined;
  /** True for the log of a state directory that is open for writing. */
  readonly isLive: boolean;
  readonly segments: readonly SegmentEntry[];
  /** Segments that should lie beside these. */
  readonly missing: readonly Finding[];
  /** The hints for findings in the logs. */
  readonly hints: Hints;
  /** The facts that the records are checked against. */
  readonly expected: Omit<MergeOptions, 'fileSystem'>;
  /** Whether the segments must still be there: a writer drops a log when it keeps its checkpoint no longer. */
  readonly isStillKept: () => boolean;
}

/**
 * The logs at a path, in order of epoch: one of a segment or of a folder of them, every kept one of a
 * state directory, the live one last.
 * @throws StatelogError `NOT_FOUND`; `UNKNOWN_FORMAT` where there is no log; `DAMAGED` where a
 * directory's manifest is
 */
export function findLogs(fileSystem: FileSystem, path: string): ReplayLog[] {
  const found = identify(fileSystem, path);
  switch (found.kind) {
    case 'directory':
      return logsOfDirectory(fileSystem, path);
    case 'wal-folder': {
      const segments = listSegments(fileSystem, path);
      return [looseLog(path, segments, missingSegments(path, segments))];
    }
    case 'wal-segment':
      return [looseLog(path, [{ path, coreId: coreIdOf(fileSystem, path) }], [])];
    case 'log':
    case 'state-file':
    case 'artifact-folder':
    case 'artifact-tar':
    case 'ndjson':
      throw new StatelogError('UNKNOWN_FORMAT', 'this holds no write-ahead log', {
        path,
        found: found.kind,
        hint: `'statelog scan' shows its entries, 'statelog stat' what it is`,
      });
  }
}

function looseLog(path: string, segments: readonly SegmentEntry[], missing: readonly Finding[]): ReplayLog {
  const hints = looseHints(path);
  const expected = { isLoose: true };
  return { epoch: undefined, isLive: false, segments, missing, hints, expected, isStillKept: () => true };
}

function logsOfDirectory(fileSystem: FileSystem, root: string): ReplayLog[] {
  const layout = new DirectoryLayout(root);
  const manifest = readManifest(fileSystem, layout);
  return keptLogs(manifest).map((log) => {
    const { epoch, isLive } = log;
    const cores = Array.from({ length: manifest.cores }, (_, coreId) => coreId);
    return {
      epoch,
      isLive,
      segments: cores.map((coreId) => ({ coreId, path: layout.segment(epoch, coreId) })),
      missing: [],
      hints: isLive ? mendHints(root) : dropHints(fileSystem, root),
      expected: {
        epoch,
        ...(isLive ? liveLogLock(fileSystem, layout, manifest) : undefined),
        isClosed: !isLive,
        expectedSequenceOf: (coreId) => firstSequenceOf(log, coreId),
        endSequenceOf: (coreId) => log.after?.cores[coreId]?.nextSequence,
      },
      isStillKept: () => isLogKept(fileSystem, layout, epoch),
    };
  });
}

function firstSequenceOf({ before }: KeptLog, coreId: number): bigint {
  return before?.cores[coreId]?.nextSequence ?? 0n;
}

/** A lone segment's core: by its name, or by its first good record where it is named otherwise. */
function coreIdOf(fileSystem: FileSystem, path: string): number {
  const named = coreIdOfSegmentName(nodePath.basename(path));
  if (named !== undefined) return named;
  const scanner = WalScanner.open(path, { fileSystem });
  try {
    for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
      if (event === 'record') return scanner.view.coreId;
    }
    return 0;
  } finally {
    scanner.close();
  }
}
