import { checksumText } from '../../bytes/crc/checksum-text.js';
import type { DamageClass } from '../../finding.js';
import { UNKNOWN_OPERATION } from '../../rkyv/entry/wal-entry-view.js';
import type { Standing } from '../format/record-order.js';
import type { RecordReader, RecordState } from '../record/record-reader.js';
import { RECORD_HEADER_BYTES, RECORD_LENGTH_MAX, RECORD_LENGTH_MIN } from '../format/record.js';

/** The fault at the first byte of a gap. */
export interface GapCause {
  readonly class: DamageClass;
  /** True for whole bytes of an unknown kind, as `Finding.isForeign` says. */
  readonly isForeign?: true;
  /** A clause: "the checksum differs". */
  readonly reason: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
}

/** Bytes of a segment that hold no good record. */
export interface Gap {
  readonly offset: number;
  /** The offset of the next good record, or the end of the file. */
  readonly end: number;
  readonly cause: GapCause;
  /** True if it starts with whole data, its checksum right, that is no record of this place: no torn write. */
  readonly isWhole: boolean;
  /** Offset of the last good record before; -1 if there is none. */
  readonly lastGood: number;
  /** Offset of the next good record; -1 if there is none. */
  readonly nextGood: number;
}

/** Why the bytes at `position` are no good record; the reader has just refused them. */
export function causeOfState(state: RecordState, reader: RecordReader, position: number): GapCause {
  const { length } = reader;
  const remaining = reader.window.end - position;
  switch (state) {
    case 'bad-checksum':
      return {
        class: 'checksum-mismatch',
        reason: 'the checksum of the record is wrong',
        expected: checksumText(reader.headerCrc),
        found: checksumText(reader.dataCrc),
      };
    case 'undecodable':
      if (reader.reason === UNKNOWN_OPERATION) {
        return {
          class: 'bad-version',
          isForeign: true,
          reason: 'the record is whole, and of an operation that is not known',
        };
      }
      return { class: 'undecodable', reason: `the record does not decode: ${reader.reason}` };
    case 'past-end':
      return {
        class: 'bad-length',
        reason: 'the record goes past the end of the file',
        expected: `at most ${remaining - RECORD_HEADER_BYTES}`,
        found: String(length),
      };
    case 'short-header':
      return {
        class: 'bad-length',
        reason: 'the record ends within its header',
        expected: `${RECORD_HEADER_BYTES} bytes`,
        found: `${remaining} bytes`,
      };
    case 'bad-length':
    case 'good':
    case 'end':
      return {
        class: 'bad-length',
        reason: 'no record has such a length',
        expected: `${RECORD_LENGTH_MIN} to ${RECORD_LENGTH_MAX}, in steps of 8`,
        found: String(length),
      };
  }
}

/** Why a record that is good in itself does not belong where it stands. */
export function causeOfStanding(standing: Standing, reader: RecordReader, next: ExpectedNext): GapCause {
  const { view } = reader;
  switch (standing) {
    case 'wrong-core':
      return {
        class: 'wrong-core',
        reason: 'the record is of another core',
        expected: String(next.coreId),
        found: String(view.coreId),
      };
    case 'misplaced-epoch':
      return {
        class: 'misplaced-epoch',
        reason: 'the record is of an epoch that does not belong here',
        expected: next.epoch,
        found: String(view.epoch),
      };
    case 'sequence-repeat':
      return {
        class: 'sequence-repeat',
        reason: 'the record was there before, or comes before the last one',
        expected: next.sequence,
        found: String(view.sequence),
      };
    case 'time-backwards':
      return {
        class: 'time-backwards',
        reason: 'the record is older than the one in front of it: an earlier run of the log wrote it',
        expected: next.timestamp,
        found: String(view.timestampNs),
      };
    case 'jump':
    case 'follows':
    case 'restart':
      return {
        class: 'sequence-gap',
        reason: 'records are missing before this one, and what follows it fits better',
        expected: next.sequence,
        found: String(view.sequence),
      };
  }
}

/** The expected content of the next record, as text. */
export interface ExpectedNext {
  readonly coreId: number;
  readonly epoch: string;
  readonly sequence: string;
  readonly timestamp: string;
}

/** The record that should have the length that lies between two places. */
export function causeOfLength(expected: number, found: number): GapCause {
  return {
    class: 'bad-length',
    reason: 'the length of the record is wrong, its data is not',
    expected: String(expected),
    found: String(found),
  };
}
