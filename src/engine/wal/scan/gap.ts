import { checksumText } from '../../bytes/crc/checksum.js';
import type { DamageClass } from '../../finding.js';
import { UNKNOWN_OPERATION } from '../../rkyv/entry/wal-entry-view.js';
import { joinI64, joinU64 } from '../../bytes/halves.js';
import { KeptOrder } from '../format/merge-order.js';
import type { RecordOrder, Standing } from '../format/record-order.js';
import type { RecordReader, RecordState } from '../record/record-reader.js';
import { RECORD_HEADER_BYTES, RECORD_LENGTH_MAX, RECORD_LENGTH_MIN } from '../format/record.js';

/** The words for a fault. */
export interface CauseWords {
  /** A clause: "the checksum differs". */
  readonly reason: string;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
}

/**
 * The fault at the first byte of a gap. It is put into words only if somebody asks, since of a segment that is bad at every few
 * bytes nobody can hear all.
 */
export class GapCause {
  readonly class: DamageClass;
  /** True for whole bytes of an unknown kind, as `Finding.isForeign` says. */
  readonly isForeign: true | undefined;
  /** To be called as long as the stream stands behind the gap. */
  readonly words: () => CauseWords;

  constructor(damageClass: DamageClass, words: () => CauseWords, isForeign?: true) {
    this.class = damageClass;
    this.words = words;
    this.isForeign = isForeign;
  }
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
  const { length, headerCrc, dataCrc, reason } = reader;
  const remaining = reader.window.end - position;
  switch (state) {
    case 'bad-checksum':
      return new GapCause('checksum-mismatch', () => ({
        reason: 'the checksum of the record is wrong',
        expected: checksumText(headerCrc),
        found: checksumText(dataCrc),
      }));
    case 'undecodable':
      if (reader.reason === UNKNOWN_OPERATION) return unknownKind();
      return new GapCause('undecodable', () => ({ reason: `the record does not decode: ${reason}` }));
    case 'past-end':
      return new GapCause('bad-length', () => ({
        reason: 'the record goes past the end of the file',
        expected: `at most ${remaining - RECORD_HEADER_BYTES}`,
        found: String(length),
      }));
    case 'short-header':
      return new GapCause('bad-length', () => ({
        reason: 'the record ends within its header',
        expected: `${RECORD_HEADER_BYTES} bytes`,
        found: `${remaining} bytes`,
      }));
    case 'bad-length':
    case 'good':
    case 'end':
      return new GapCause('bad-length', () => ({
        reason: 'no record has such a length',
        expected: `${RECORD_LENGTH_MIN} to ${RECORD_LENGTH_MAX}, in steps of 8`,
        found: String(length),
      }));
  }
}

function unknownKind(): GapCause {
  const reason = 'the record is whole, and of an operation that is not known';
  return new GapCause('bad-version', () => ({ reason }), true);
}

const MISSING_BEFORE = 'records are missing before this one, and what follows it fits better';
const REASON_OF_STANDING: Readonly<Record<Standing, string>> = {
  'wrong-core': 'the record is of another core',
  'misplaced-epoch': 'the record is of an epoch that does not belong here',
  'sequence-repeat': 'the record was there before, or comes before the last one',
  'time-backwards': 'the record is older than the one in front of it: an earlier run of the log wrote it',
  jump: MISSING_BEFORE,
  follows: MISSING_BEFORE,
  restart: MISSING_BEFORE,
};

const CLASS_OF_STANDING: Readonly<Record<Standing, DamageClass>> = {
  'wrong-core': 'wrong-core',
  'misplaced-epoch': 'misplaced-epoch',
  'sequence-repeat': 'sequence-repeat',
  'time-backwards': 'time-backwards',
  jump: 'sequence-gap',
  follows: 'sequence-gap',
  restart: 'sequence-gap',
};

/** Why a record that is good in itself does not belong where it stands. */
export function causeOfStanding(
  standing: Standing,
  { view }: RecordReader,
  order: RecordOrder,
  epoch: bigint | undefined,
): GapCause {
  const fields = new KeptOrder();
  fields.copyFrom(view);
  return new GapCause(CLASS_OF_STANDING[standing], () => ({
    reason: REASON_OF_STANDING[standing],
    ...comparedOf(standing, fields, order, epoch),
  }));
}

function comparedOf(
  standing: Standing,
  fields: KeptOrder,
  order: RecordOrder,
  epoch: bigint | undefined,
): Pick<CauseWords, 'expected' | 'found'> {
  switch (standing) {
    case 'wrong-core':
      return { expected: String(order.coreId), found: String(fields.coreId) };
    case 'misplaced-epoch':
      return {
        expected: epoch === undefined ? `at least ${order.lastEpoch}` : String(epoch),
        found: String(joinU64(fields.epochLow, fields.epochHigh)),
      };
    case 'time-backwards':
      return {
        expected: `at least ${order.lastTimestampNs}`,
        found: String(joinI64(fields.timestampLow, fields.timestampHigh)),
      };
    case 'sequence-repeat':
    case 'jump':
    case 'follows':
    case 'restart':
      return {
        expected: order.nextSequence === undefined ? 'any' : String(order.nextSequence),
        found: String(joinU64(fields.sequenceLow, fields.sequenceHigh)),
      };
  }
}

/** The record that should have the length that lies between two places. */
export function causeOfLength(expected: number, found: number): GapCause {
  return new GapCause('bad-length', () => ({
    reason: 'the length of the record is wrong, its data is not',
    expected: String(expected),
    found: String(found),
  }));
}
