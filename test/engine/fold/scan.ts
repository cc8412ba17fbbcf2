import type { Finding } from '../../../src/engine/finding.js';
import { FoldScanner, type FoldScanOptions } from '../../../src/engine/fold/scan/scanner.js';
import type { FileSystem } from '../../../src/engine/storage-io/interface/file-system.js';
import { realFileSystem } from '../../../src/engine/storage-io/real/real-file-system.js';

export interface ScannedRecord {
  readonly offset: number;
  readonly length: number;
  readonly type: number;
  readonly key: string;
}

export interface Scanned {
  readonly records: ScannedRecord[];
  readonly findings: Finding[];
}

/** Everything a scan of a file comes to. */
export function scanFile(path: string, options: FoldScanOptions = {}): Scanned {
  const fileSystem = realFileSystem();
  const descriptor = fileSystem.openRead(path);
  try {
    const { size } = fileSystem.statusOf(descriptor);
    return scan(new FoldScanner({ fileSystem, descriptor, path, size }, options));
  } finally {
    fileSystem.close(descriptor);
  }
}

/** The same for bytes that are in memory. */
export function scanBytes(bytes: Uint8Array, options: FoldScanOptions = {}): Scanned {
  const fileSystem = memoryFile(bytes);
  return scan(new FoldScanner({ fileSystem, descriptor: 0, path: 'memory', size: bytes.length }, options));
}

/** A file system with a single open file, for readers. */
export function memoryFile(bytes: Uint8Array): FileSystem {
  const read: FileSystem['read'] = (_descriptor, into, offset, length, position) => {
    const part = bytes.subarray(position, position + length);
    into.set(part, offset);
    return part.length;
  };
  const dataFrom: FileSystem['dataFrom'] = (_descriptor, position) => position;
  return { read, dataFrom } as FileSystem;
}

function scan(scanner: FoldScanner): Scanned {
  const result: Scanned = { records: [], findings: [] };
  for (let step = scanner.next(); step !== 'end'; step = scanner.next()) {
    if (step === 'finding') {
      result.findings.push(scanner.finding!);
      continue;
    }
    const { record } = scanner;
    const { offset, length, type } = record;
    result.records.push({ offset, length, type, key: Buffer.from(record.key()).toString() });
  }
  return result;
}
