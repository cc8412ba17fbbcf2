import { StatelogError } from '../../errors.js';
import { CURSOR_TYPE } from '../../fold/format/format.js';
import type { WatchCursor } from '../../fold/format/watch-cursor.js';
import { LogHistory, passRecords } from '../../fold/scan/log-history.js';
import { FoldScanner } from '../../fold/scan/scanner.js';
import type { FileDescriptor, FileSystem } from '../../storage-io/interface/file-system.js';
import { withReplaced } from '../../storage-io/views/replaced-members.js';

/**
 * The end of the first record in a log that says a cursor: what follows it was written after.
 * @throws StatelogError `CURSOR_EXPIRED`
 */
export function endOfCursor(
  { fileSystem, source }: { readonly fileSystem: FileSystem; readonly source: string },
  descriptor: FileDescriptor,
  size: number,
  cursor: WatchCursor,
): number {
  const wanted = cursor.version.toHex();
  const scanner = new FoldScanner({ fileSystem, descriptor, path: source, size });
  let found = '';
  for (let step = scanner.next(); step === 'record'; step = scanner.next()) {
    const { record } = scanner;
    if (record.type !== CURSOR_TYPE) continue;
    found = record.cursor().version.toHex();
    if (found === wanted) return scanner.position;
  }
  throw new StatelogError('CURSOR_EXPIRED', 'the log does not hold what was written after that cursor', {
    path: source,
    expected: `cursor 0x${wanted}`,
    found: found === '' ? 'no cursor' : `cursor 0x${found} at the end`,
    safe: 'nothing was written',
    hint: 'it was never there, or compacted away with the deletes that followed it: export a whole snapshot, and go on from its cursor',
  });
}

/** The file of that identity as it was when it had so many bytes. */
export interface LogPart {
  readonly identity: string;
  readonly bytes: number;
}

/** The mark of a log's history (`LogHistory`) up to there; undefined where another file took its place, or no record ends there. */
export function historyUpTo(
  fileSystem: FileSystem,
  path: string,
  { identity, bytes }: LogPart,
): string | undefined {
  const descriptor = fileSystem.openRead(path);
  try {
    const now = fileSystem.statusOf(descriptor);
    if (now.identity !== identity || now.size < bytes) return undefined;
    const past = new LogHistory();
    const isWhole = passRecords({ fileSystem, descriptor, path, size: bytes }, (record) => {
      past.take(record);
    });
    return isWhole ? past.hex() : undefined;
  } finally {
    fileSystem.close(descriptor);
  }
}

/**
 * A log as it was when it had so many bytes: it only grows, until another file takes its place.
 * @returns a file system whose look at it then fails with `STORE_REPLACED`
 */
export function upTo(fileSystem: FileSystem, path: string, identity: string, bytes: number): FileSystem {
  return withReplaced(fileSystem, {
    statusOf: (descriptor) => {
      const status = fileSystem.statusOf(descriptor);
      if (status.identity === identity) return { ...status, size: Math.min(status.size, bytes) };
      throw new StatelogError('STORE_REPLACED', `${path} was compacted or replaced while it was read`, {
        path,
        safe: 'nothing was written',
        hint: 'run it again',
      });
    },
  });
}
