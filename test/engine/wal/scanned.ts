import type { Finding } from '../../../src/engine/finding.js';
import { type TailState, type WalScanOptions, WalScanner } from '../../../src/engine/wal/scan/scanner.js';
import { MemoryFile } from './memory-file.js';

/** A good record as a scanner told it. */
export interface ScannedRecord {
  readonly offset: number;
  readonly bytes: number;
  readonly sequence: bigint;
}

/** All that a scanner told of a segment. */
export interface Scanned {
  readonly records: ScannedRecord[];
  readonly findings: Finding[];
  readonly tail: TailState;
  readonly goodEnd: number;
}

/** Windows as small as this make a sweep quick, and records lie across their ends. */
const SWEEP_BLOCK_BYTES = 4096;

/** Scans bytes that are not in any file. */
export function scan(bytes: Uint8Array, options: WalScanOptions = {}): Scanned {
  return scanFile(new MemoryFile(bytes), options);
}

/** Scans a file in memory to its end. */
export function scanFile(file: MemoryFile, options: WalScanOptions = {}): Scanned {
  const scanner = WalScanner.open('wal-0.log', {
    blockBytes: SWEEP_BLOCK_BYTES,
    ...options,
    fileSystem: file.fileSystem,
  });
  const records: ScannedRecord[] = [];
  const findings: Finding[] = [];
  for (let event = scanner.next(); event !== 'end'; event = scanner.next()) {
    if (event === 'finding') findings.push(scanner.finding!);
    else {
      const { offset, recordBytes, view } = scanner;
      records.push({ offset, bytes: recordBytes, sequence: view.sequence });
    }
  }
  scanner.close();
  return { records, findings, tail: scanner.tail, goodEnd: scanner.goodEnd };
}
