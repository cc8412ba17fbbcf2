import type { Encodings } from '../../values/encoding.js';
import type { Finding } from '../../../engine/finding.js';
import type { WalOperation } from '../../../engine/rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../../engine/rkyv/entry/wal-entry-view.js';
import type { SegmentRecord } from '../../../engine/inspect/select/records-again.js';

/** A record of a write-ahead log and where it lies; valid until the scanner moves on. */
export type LocatedRecord = SegmentRecord;

/** How keys and values are written. */
export interface RecordForm {
  readonly encodings: Encodings;
  /** The length and digest of values, not the values. */
  readonly redact: boolean;
}

/** The value of a key before a change; or that it had none; or that it cannot be told from what was read. */
export type PreviousValue = { readonly value: Uint8Array } | 'none' | 'unknown';

/**
 * Prints records and findings in the order in which they were met, a line each. Flush before the
 * scanner moves on whenever the output is full: it may hold what the scanner's buffer holds.
 */
export interface RecordOutput<Record = LocatedRecord> {
  /** @param previous the value before it, where that was asked for */
  record(record: Record, previous?: PreviousValue): void;
  finding(finding: Finding): void;
}

/** The key of a record, where it lies. */
export function keyOf({ bytes, keyStart, keyLength }: WalEntryView): Uint8Array {
  return bytes.subarray(keyStart, keyStart + keyLength);
}

/** The value of a record, where it lies. */
export function valueOf({ bytes, valueStart, valueLength }: WalEntryView): Uint8Array {
  return bytes.subarray(valueStart, valueStart + valueLength);
}

/** The fields of an operation without a key, 64-bit numbers as decimal strings. */
export function operationFields(operation: WalOperation): Record<string, unknown> {
  switch (operation.op) {
    case 'put':
    case 'delete':
      return {};
    case 'checkpoint':
      return { id: String(operation.id) };
    case 'epochBarrier':
      return { barrierEpoch: String(operation.barrierEpoch) };
    case 'commit': {
      const offsets = [...operation.offsets].map(([source, offset]) => [source, String(offset)] as const);
      return {
        offsets: Object.fromEntries(offsets),
        watermark: operation.watermark === undefined ? null : String(operation.watermark),
      };
    }
  }
}
