import { repairHint } from '../../bytes/text/command-hints.js';
import { readU64 } from '../../bytes/halves.js';
import type { DamageClass, Finding, LostRecords } from '../../finding.js';
import { ROOT, TAG_EPOCH_BARRIER } from '../../rkyv/entry/wal-entry-format.js';
import type { WalEntryView } from '../../rkyv/entry/wal-entry-view.js';
import { lostRecords, type RemarkContext } from './lost-records.js';
import type { RecordStream, Remarkable } from './record-stream.js';

/** True if a record is an EpochBarrier that closes another epoch than its own. */
export function hasStrangeBarrier(view: WalEntryView): boolean {
  if (view.tag !== TAG_EPOCH_BARRIER) return false;
  return readU64(view.bytes, view.rootStart + ROOT.number) !== view.epoch;
}

/** Remarks about the stream's last record: good in itself, but not the one that was due. */
export function remarksOn(file: string, stream: RecordStream, context: RemarkContext): Finding[] {
  const { remarkable, reader } = stream;
  const findings: Finding[] = [];
  if (remarkable !== undefined) findings.push(...remarksOnSequence(file, stream, remarkable, context));
  if (hasStrangeBarrier(reader.view)) findings.push(strangeBarrier(file, stream));
  return findings;
}

function remarksOnSequence(
  file: string,
  stream: RecordStream,
  remarkable: Remarkable,
  context: RemarkContext,
): Finding[] {
  const { sequence, epoch } = stream.reader.view;
  const { sequenceDue, epochBefore } = remarkable;
  const findings: Finding[] = [];
  if (sequence < sequenceDue) {
    const message = 'numbering starts again here, as it does when LaminarDB reopens a segment';
    findings.push(
      notice(file, stream, 'sequence-repeat', message, { expected: sequenceDue, found: sequence }),
    );
    if (epoch < epochBefore) {
      findings.push(
        notice(file, stream, 'misplaced-epoch', 'the epoch starts again here', {
          expected: epochBefore,
          found: epoch,
        }),
      );
    }
  }
  if (remarkable.standing === 'jump') {
    const due = sequence < sequenceDue ? 0n : sequenceDue;
    const missing = sequence - due;
    const message = `${missing} ${missing === 1n ? 'record is' : 'records are'} missing before this one`;
    const gap = notice(file, stream, 'sequence-gap', message, { expected: due, found: sequence });
    const lost = context.isLossTold ? {} : { lost: lostBefore(stream, remarkable, due, context) };
    findings.push(asDamage({ ...gap, ...lost }));
  }
  return findings;
}

function lostBefore(
  { reader }: RecordStream,
  { offsetBefore, timestampBeforeNs }: Remarkable,
  from: bigint,
  { restarts }: RemarkContext,
): LostRecords {
  const { coreId, sequence: to, timestampNs: beforeNs } = reader.view;
  const afterNs = offsetBefore < 0 ? undefined : timestampBeforeNs;
  return lostRecords({ coreId, from, to, afterNs, beforeNs, restarts });
}

function strangeBarrier(file: string, stream: RecordStream): Finding {
  const { view } = stream.reader;
  const closed = readU64(view.bytes, view.rootStart + ROOT.number);
  const message = 'an epoch barrier closes another epoch than its own';
  return asDamage(notice(file, stream, 'misplaced-epoch', message, { expected: view.epoch, found: closed }));
}

/** The two sides that a remark compares. */
interface Compared {
  readonly expected: bigint;
  readonly found: bigint;
}

function notice(
  file: string,
  stream: RecordStream,
  damageClass: DamageClass,
  message: string,
  { expected, found }: Compared,
): Finding {
  return {
    severity: 'notice',
    class: damageClass,
    file,
    offset: stream.offset,
    bytes: 0,
    message,
    expected: String(expected),
    found: String(found),
    ...placeOf(stream),
  };
}

function asDamage(finding: Finding): Finding {
  return { ...finding, severity: 'damage', hint: repairHint(finding.file) };
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
