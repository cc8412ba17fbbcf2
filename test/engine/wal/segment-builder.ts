import { crc32c } from '../../../src/engine/bytes/crc/checksum.js';
import { writeU32 } from '../../../src/engine/bytes/halves.js';
import { toUtf8 } from '../../../src/engine/bytes/text/text.js';
import { encodeWalEntry } from '../../support/wal-entry-bytes.js';
import type { WalEntry, WalOperation } from '../../../src/engine/rkyv/entry/wal-entry-format.js';

/** An entry with what does not matter filled in. */
export function entryOf(fields: Partial<WalEntry> & { readonly value?: Uint8Array }): WalEntry {
  const { value = toUtf8('value'), ...rest } = fields;
  const sequence = fields.sequence ?? 0n;
  return {
    epoch: 1n,
    sequence,
    coreId: 0,
    timestampNs: 1_770_000_000_000_000_000n + sequence,
    operation: { op: 'put', key: toUtf8(`key-${sequence}`), value },
    lag: undefined,
    ...rest,
  };
}

/** A record around any data. */
export function recordAround(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + data.length);
  writeU32(record, 0, data.length);
  writeU32(record, 4, crc32c(data));
  record.set(data, 8);
  return record;
}

/** An entry as a record. */
export function recordOf(entry: WalEntry): Uint8Array {
  return recordAround(encodeWalEntry(entry));
}

/** Pieces one after the other. */
export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** So many records from `sequence` on, with a lag as a synced writer gives them, or none. */
export function records(count: number, first = 0n, fields: Partial<WalEntry> = {}): Uint8Array[] {
  return Array.from({ length: count }, (_, index) =>
    recordOf(entryOf({ ...fields, sequence: first + BigInt(index) })),
  );
}

/** A segment of ours, and what each record in it proves. */
export interface OwnSegment {
  readonly bytes: Uint8Array;
  readonly offsets: number[];
  /** Up to where all was durable when the record was appended. */
  readonly proven: number[];
}

/**
 * A segment as our writer makes it: records in groups, each followed by a sync that is known to have
 * ended `delay` groups later. Keys and values have many sizes; some records delete, commit, checkpoint.
 */
export function ownSegment(shape: {
  readonly groups: readonly number[];
  readonly delay: number;
}): OwnSegment {
  const pieces: Uint8Array[] = [];
  const offsets: number[] = [];
  const proven: number[] = [];
  const groupStarts: number[] = [];
  let position = 0;
  for (const [group, count] of shape.groups.entries()) {
    groupStarts.push(position);
    const synced = groupStarts[Math.max(0, group - shape.delay)]!;
    for (let index = 0; index < count; index++) {
      const sequence = BigInt(offsets.length);
      const operation = operationOf(offsets.length);
      const record = recordOf(entryOf({ sequence, operation, lag: position - synced }));
      pieces.push(record);
      offsets.push(position);
      proven.push(synced);
      position += record.length;
    }
  }
  return { bytes: joined(...pieces), offsets, proven };
}

function operationOf(number: number): WalOperation {
  const key = toUtf8(`key-${number}`.repeat(1 + (number % 3)));
  if (number % 7 === 3) return { op: 'delete', key };
  if (number % 11 === 5) return { op: 'checkpoint', id: BigInt(number) };
  if (number % 13 === 8) {
    const offsets = new Map([
      ['short', BigInt(number)],
      ['a-source-with-a-long-name', 7n],
    ]);
    return { op: 'commit', offsets, watermark: -1n };
  }
  const value = Uint8Array.from({ length: (number * 37) % 90 }, (_, at) => (at * 31 + number) & 0xff);
  return { op: 'put', key, value };
}
