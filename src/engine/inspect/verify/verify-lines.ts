import type { Finding } from '../../finding.js';
import { checkIncrementFile, isIncrement } from '../../lines/increment-file.js';
import { checkLinesFile } from '../../lines/lines-store.js';
import type { FileSystem } from '../../storage-io/interface/file-system.js';
import type { Tally } from './tally.js';
import { isDamage } from './verify-artifact.js';
import { findingOf } from './verify-state.js';

/** Checks an NDJSON export, or an increment, against what its last line says: the first fault ends it, as nothing behind it can be held against that. */
export function* verifyLines(fileSystem: FileSystem, path: string, tally: Tally): Generator<Finding, void> {
  const descriptor = fileSystem.openRead(path);
  try {
    tally.addFile(path, fileSystem.statusOf(descriptor).size);
    const count = (): void => {
      tally.keys += 1;
    };
    if (isIncrement(fileSystem, descriptor)) checkIncrementFile(fileSystem, descriptor, path, count);
    else checkLinesFile(fileSystem, descriptor, path, count);
  } catch (error) {
    if (!isDamage(error)) throw error;
    yield findingOf(error, path);
  } finally {
    fileSystem.close(descriptor);
  }
}
