import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { isStatelogError } from '../../errors.js';
import { scanOptionsOf } from '../../wal/scan/scan-options.js';
import { identify } from '../identify.js';
import { findLogs } from '../replay/replay-logs.js';
import { FoldLogReader, SegmentLogReader, type LogReader } from './log-reader.js';

/** A file of a log that can be read from any of its records on. */
export interface LogFile {
  readonly path: string;
  readonly kind: 'segment' | 'fold';
  /**
   * Opens it at the start of a record; at its own start without one.
   * @throws StatelogError what `FileSystem.openRead` throws
   */
  readonly open: (from?: number) => LogReader;
}

/**
 * The files of logs at a path: every segment that is there, or a fold log. None of what holds no log.
 * @throws StatelogError `NOT_FOUND`; `DAMAGED` where a directory's manifest is
 */
export function logFilesOf(fileSystem: FileSystem, path: string): LogFile[] {
  if (identify(fileSystem, path).kind === 'log') {
    return [{ path, kind: 'fold', open: (from) => new FoldLogReader(fileSystem, path, from) }];
  }
  return logsOf(fileSystem, path).flatMap((log) =>
    log.segments
      .filter((segment) => fileSystem.statusFollowing(segment.path) !== undefined)
      .map((segment): LogFile => {
        // Only what one record alone can show: from the middle on nothing is known of those before.
        const { coreId } = segment;
        const known = { ...scanOptionsOf(log.expected, coreId), endSequence: undefined, closedAt: undefined };
        const open = (from?: number): LogReader => {
          const expectedSequence = from === undefined ? known.expectedSequence : undefined;
          return new SegmentLogReader(segment.path, { ...known, fileSystem, from, expectedSequence });
        };
        return { path: segment.path, kind: 'segment', open };
      }),
  );
}

function logsOf(fileSystem: FileSystem, path: string): ReturnType<typeof findLogs> {
  try {
    return findLogs(fileSystem, path);
  } catch (error) {
    if (isStatelogError(error, 'UNKNOWN_FORMAT')) return [];
    throw error;
  }
}
