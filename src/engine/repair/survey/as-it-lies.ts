import type { FileSystem } from '../../storage-io/interface/file-system.js';
import { WalScanner } from '../../wal/scan/scanner.js';

/**
 * How many records of a loose segment are shown where it is read as it lies, as verify and wal-replay read it: they know restarts of
 * LaminarDB's numbering by what stands around them, which runs that are held against each other do not show.
 */
export function recordsAsItLies(fileSystem: FileSystem, path: string, coreId: number): number {
  const scanner = WalScanner.open(path, { fileSystem, coreId, isLoose: true, tornTail: 'show' });
  try {
    while (scanner.next() !== 'end');
    return scanner.records;
  } finally {
    scanner.close();
  }
}
