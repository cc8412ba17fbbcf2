import { repairHint } from '../../bytes/text/command-hints.js';
import { readU32, readU64 } from '../../bytes/halves.js';
import type { DamageClass, Finding, Found, LostRecords } from '../../finding.js';
import { ROOT, TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { lostRecords, type RemarkContext } from './lost-records.js';
import type { RecordStream } from './record-stream.js';
import type { Remarkable } from '../format/remarkable.js';

/** True if a record is an EpochBarrier that closes another epoch than its own. */
export function hasStrangeBarrier(view: WalEntryView): boolean {
  if (view.tag !== TAG_EPOCH_BARRIER) return false;
  const { bytes, rootStart, epochLow, epochHigh } = view;
  const closed = rootStart + ROOT.number;
  return readU32(bytes, closed) !== epochLow || readU32(bytes, closed + 4) !== epochHigh;
}

/** Remarks about the stream's last record: good in itself, but not the one that was due. */
export function remarksOn(file: string, stream: RecordStream, context: RemarkContext): Found[] {
  const { remarkable, reader } = stream;
  const remarks: Found[] = [];
  if (remarkable !== undefined) remarks.push(...remarksOnSequence(file, stream, remarkable, context));
  if (hasStrangeBarrier(reader.view)) remarks.push(strangeBarrier(file, stream));
  return remarks;
}

function remarksOnSequence(
  file: string,
  stream: RecordStream,
  remarkable: Remarkable,
  context: RemarkContext,
): Found[] {
  const { view } = stream.reader;
  const remarks: Found[] = [];
  if (remarkable.isSequenceBack) {
    const message = 'numbering starts again here, as it does when LaminarDB reopens a segment';
    const words = (): RemarkWords => [message, remarkable.sequenceDue, view.sequence];
    remarks.push(remark(file, stream, 'notice', 'sequence-repeat', words));
    if (remarkable.isEpochBack) {
      const told = 'the epoch starts again here';
      const itsWords = (): RemarkWords => [told, remarkable.epochBefore, view.epoch];
      remarks.push(remark(file, stream, 'notice', 'misplaced-epoch', itsWords));
    }
  }
  if (remarkable.standing === 'jump') {
    const words = (): RemarkWords => {
      const due = dueBefore(remarkable);
      const missing = view.sequence - due;
      const told = `${missing} ${missing === 1n ? 'record is' : 'records are'} missing before this one`;
      return [told, due, view.sequence];
    };
    const lost = context.isLossTold ? undefined : () => lostBefore(stream, remarkable, context);
    remarks.push(remark(file, stream, 'damage', 'sequence-gap', words, lost));
  }
  return remarks;
}

/** The sequence of the first record that is missing before one. */
function dueBefore({ isSequenceBack, sequenceDue }: Remarkable): bigint {
  return isSequenceBack ? 0n : sequenceDue;
}

function lostBefore(
  { reader }: RecordStream,
  remarkable: Remarkable,
  { restarts }: RemarkContext,
): LostRecords {
  const { coreId, sequence: to, timestampNs: beforeNs } = reader.view;
  const from = dueBefore(remarkable);
  const afterNs = remarkable.offsetBefore < 0 ? undefined : remarkable.timestampBeforeNs;
  return lostRecords({ coreId, from, to, afterNs, beforeNs, restarts });
}

function strangeBarrier(file: string, stream: RecordStream): Found {
  const { view } = stream.reader;
  return remark(file, stream, 'damage', 'misplaced-epoch', () => [
    'an epoch barrier closes another epoch than its own',
    view.epoch,
    readU64(view.bytes, view.rootStart + ROOT.number),
  ]);
}

/** The message, and the two sides that it compares. */
type RemarkWords = readonly [message: string, expected: bigint, found: bigint];

/** @param lost the records that are missing before it */
function remark(
  file: string,
  stream: RecordStream,
  severity: 'notice' | 'damage',
  damageClass: DamageClass,
  words: () => RemarkWords,
  lost?: () => LostRecords,
): Found {
  const { offset } = stream;
  return {
    severity,
    class: damageClass,
    offset,
    bytes: 0,
    told: () => {
      const [message, expected, found] = words();
      return {
        severity,
        class: damageClass,
        file,
        offset,
        bytes: 0,
        message,
        expected: String(expected),
        found: String(found),
        ...placeOf(stream),
        ...(lost === undefined ? {} : { lost: lost() }),
        ...(severity === 'damage' ? { hint: repairHint(file) } : {}),
      };
    },
  };
}

function placeOf(stream: RecordStream): Partial<Finding> {
  const { view } = stream.reader;
  const offsetBefore = stream.remarkable?.offsetBefore ?? -1;
  return {
    ...(offsetBefore < 0 ? {} : { lastGood: offsetBefore }),
    nextGood: stream.offset,
    coreId: view.coreId,
    epoch: String(view.epoch),
    sequence: String(view.sequence),
  };
}
