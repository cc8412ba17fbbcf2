import { closeQuietly } from '../../../storage-io/whole/atomic-write.js';
import type { FileSystem } from '../../../storage-io/interface/file-system.js';
import { RecordSweep } from '../../../wal/scan/record-sweep.js';

/** How far behind an offset a record is looked for. */
const NEAR_BYTES = 1024 * 1024;

/**
 * The times of the first good records at or behind some offsets of a segment, wherever those fall in a record: nanoseconds since
 * the Unix epoch; undefined where there is none near, or where it is earlier than the one before.
 * @param offsets in ascending order
 */
export function timesOfRecords(
  fileSystem: FileSystem,
  path: string,
  offsets: readonly number[],
): (bigint | undefined)[] {
  const descriptor = fileSystem.openRead(path);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    let lastNs: bigint | undefined;
    return offsets.map((offset) => {
      const sweep = new RecordSweep(fileSystem, descriptor, offset, Math.min(size, offset + NEAR_BYTES));
      const [first] = sweep.records();
      if (first === undefined || (lastNs !== undefined && first.timestampNs < lastNs)) return undefined;
      lastNs = first.timestampNs;
      return lastNs;
    });
  } finally {
    closeQuietly(fileSystem, descriptor);
  }
}
