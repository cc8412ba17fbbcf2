import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { FoldScanner } from './scanner.js';

/** How much of a file is looked at. */
const PROBE_BYTES = 1024 * 1024;
/** The number of records with right checksums that cannot be an accident. */
const RECORDS_ENOUGH = 2;

/**
 * True if a file whose header is none of a fold log is one by its content, whatever its name: good
 * records lie in its first MiB.
 */
export function looksLikeLog(fileSystem: FileSystem, path: string): boolean {
  const descriptor = fileSystem.openRead(path);
  try {
    const size = Math.min(fileSystem.statusOf(descriptor).size, PROBE_BYTES);
    const scanner = new FoldScanner({ fileSystem, descriptor, path, size }, { tornTail: 'show' });
    let records = 0;
    for (let step = scanner.next(); step !== 'end' && records < RECORDS_ENOUGH; step = scanner.next()) {
      if (step === 'record') records += 1;
    }
    return records === RECORDS_ENOUGH;
  } finally {
    fileSystem.close(descriptor);
  }
}
