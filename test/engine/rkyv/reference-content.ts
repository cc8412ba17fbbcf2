import { OrderedMapWriter } from '../../../src/engine/rkyv/ordered-map/ordered-map-writer.js';
import type { WalEntry } from '../../../src/engine/rkyv/entry/wal-entry-format.js';

/** One entry of an ordered map. */
export interface MapEntry {
  readonly key: Uint8Array;
  readonly offset: number;
  readonly length: number;
}

/**
 * `count` sorted entries, a function of the count alone: their archived bytes were computed with the
 * original's library too, and the tests compare the digests.
 */
export function referenceEntries(count: number): MapEntry[] {
  return Array.from({ length: count }, (_, index) => {
    const key = new Uint8Array(4 + (index % 11)).fill(index & 0xff);
    new DataView(key.buffer).setUint32(0, index * 7919);
    return { key, offset: index * 13, length: index % 1000 };
  });
}

/** The archived map of sorted entries. */
export function archive(entries: readonly MapEntry[]): Uint8Array {
  const blocks: Uint8Array[] = [];
  const writer = new OrderedMapWriter(entries.length, (bytes) => blocks.push(bytes.slice()));
  for (const { key, offset, length } of entries) writer.add(key, offset, length);
  writer.finish();
  return new Uint8Array(Buffer.concat(blocks));
}

/** A Commit of `count` names, inline ones and others: likewise a function of the count alone. */
export function referenceCommit(count: number): WalEntry {
  const offsets = new Map<string, bigint>();
  for (let index = 0; index < count; index++) {
    const name = String(index).padStart(5, '0') + 'x'.repeat((index * 7) % 70);
    offsets.set(name, BigInt.asUintN(64, BigInt(index) * 0x9e37_79b9_7f4a_7c15n));
  }
  const watermark = count % 2 === 0 ? undefined : -BigInt(count);
  return {
    epoch: BigInt(count),
    sequence: 1n,
    coreId: 2,
    timestampNs: -3n,
    operation: { op: 'commit', offsets, watermark },
    lag: undefined,
  };
}
