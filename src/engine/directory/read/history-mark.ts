import { blake3Hex } from '../../bytes/hash/blake3.js';
import { toUtf8 } from '../../bytes/text/text.js';
import { checkpointToJson } from '../manifest/manifest.js';
import type { DirectorySnapshot } from './reader.js';

/**
 * A mark of the history of a store up to a snapshot, 64 hex digits: its checkpoint with the checksums of its index, and of the log behind it each core's last record
 * by its sequence and its time. A copy of the store that went another way from somewhere on has another mark from there on, at the
 * same epochs and sequences, too.
 */
export function historyMark({ manifest, entry, segments }: DirectorySnapshot): string {
  const records = segments.map(({ nextSequence, lastTimestampNs }) => [
    String(nextSequence),
    String(lastTimestampNs ?? ''),
  ]);
  const isOpen = segments.some(({ records: count }) => count > 0);
  const parts = [
    Buffer.from(manifest.storeId).toString('hex'),
    entry === undefined ? null : checkpointToJson(entry),
    isOpen ? records : null,
  ];
  return blake3Hex(toUtf8(JSON.stringify(parts)));
}
