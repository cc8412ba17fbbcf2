import { type MendScope, mendsOf, type PlacedMend } from '../../bytes/record-mend.js';
import { headerState } from '../../fold/format/header.js';
import { HEADER_BYTES } from '../../fold/format/format.js';
import { FoldLogMender } from '../../fold/mend/log-mender.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { closeQuietly } from '../../storage-io/whole/atomic-write.js';
import { SegmentMender } from '../../wal/mend/segment-mender.js';

/** A file of records, whichever they are. */
export type LogFormat = 'segment' | 'fold';

/** The result of going through a log. */
export interface LogMends {
  readonly mends: readonly PlacedMend[];
  /** True where no bytes of it are bad, and records are there. */
  readonly isWhole: boolean;
}

/** Goes through a log and looks for what can be put right. */
export function findMends(
  fileSystem: FileSystem,
  path: string,
  format: LogFormat,
  scope: MendScope,
): LogMends {
  const descriptor = fileSystem.openRead(path);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    const log = { fileSystem, path, descriptor, size };
    const mender =
      format === 'fold' ? new FoldLogMender(log, scope) : new SegmentMender(fileSystem, descriptor, scope);
    const mends = mendsOf(mender.looks());
    if (format === 'segment') return { mends, isWhole: mender.isWhole };
    const header = new Uint8Array(Math.min(HEADER_BYTES, size));
    fileSystem.read(descriptor, header, 0, header.length, 0);
    return { mends, isWhole: mender.isWhole && headerState(header) === 'good' };
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}
