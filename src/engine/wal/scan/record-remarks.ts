import { repairHint } from '../../bytes/text/command-hints.js';
import { readU32, readU64 } from '../../bytes/halves.js';
import type { DamageClass, Finding, Found, LossSum, LostRecords } from '../../finding.js';
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
    remarks.push(new Remark(file, stream, 'notice', 'sequence-repeat', words));
    if (remarkable.isEpochBack) {
      const told = 'the epoch starts again here';
      const itsWords = (): RemarkWords => [told, remarkable.epochBefore, view.epoch];
      remarks.push(new Remark(file, stream, 'notice', 'misplaced-epoch', itsWords));
    }
  }
  if (remarkable.standing === 'jump') {
    const words = (): RemarkWords => {
      const due = dueBefore(remarkable);
      const missing = view.sequence - due;
      const told = `${missing} ${missing === 1n ? 'record is' : 'records are'} missing before this one`;
      return [told, due, view.sequence];
    };
    const loss = context.isLossTold ? undefined : new LossBefore(stream, remarkable, context);
    remarks.push(new Remark(file, stream, 'damage', 'sequence-gap', words, loss));
  }
  return remarks;
}

/** The sequence of the first record that is missing before one. */
function dueBefore({ isSequenceBack, sequenceDue }: Remarkable): bigint {
  return isSequenceBack ? 0n : sequenceDue;
}

/** The records that are missing before a record at which a stream stands. */
class LossBefore {
  readonly #stream: RecordStream;
  readonly #remarkable: Remarkable;
  readonly #context: RemarkContext;

  constructor(stream: RecordStream, remarkable: Remarkable, context: RemarkContext) {
    this.#stream = stream;
    this.#remarkable = remarkable;
    this.#context = context;
  }

  told(): LostRecords {
    const { coreId, sequence: to, timestampNs: beforeNs } = this.#stream.reader.view;
    const { offsetBefore, timestampBeforeNs } = this.#remarkable;
    const from = dueBefore(this.#remarkable);
    const afterNs = offsetBefore < 0 ? undefined : timestampBeforeNs;
    return lostRecords({ coreId, from, to, afterNs, beforeNs, restarts: this.#context.restarts });
  }

  addTo(sum: LossSum): void {
    const { view } = this.#stream.reader;
    if (!sum.addExact(this.#remarkable.missingBefore(view), this.#context.restarts, view))
      sum.add(this.told());
  }
}

function strangeBarrier(file: string, stream: RecordStream): Found {
  const { view } = stream.reader;
  return new Remark(file, stream, 'damage', 'misplaced-epoch', () => [
    'an epoch barrier closes another epoch than its own',
    view.epoch,
    readU64(view.bytes, view.rootStart + ROOT.number),
  ]);
}

/** The message, and the two sides that it compares. */
type RemarkWords = readonly [message: string, expected: bigint, found: bigint];

/** A remark about a stream's last record, as long as the stream stands there. */
class Remark implements Found {
  readonly severity: 'notice' | 'damage';
  readonly class: DamageClass;
  readonly offset: number;
  readonly bytes = 0;
  readonly #file: string;
  readonly #stream: RecordStream;
  readonly #words: () => RemarkWords;
  readonly #loss: LossBefore | undefined;

  constructor(
    file: string,
    stream: RecordStream,
    severity: 'notice' | 'damage',
    damageClass: DamageClass,
    words: () => RemarkWords,
    loss?: LossBefore,
  ) {
    this.severity = severity;
    this.class = damageClass;
    this.offset = stream.offset;
    this.#file = file;
    this.#stream = stream;
    this.#words = words;
    this.#loss = loss;
  }

  addLost(sum: LossSum): void {
    this.#loss?.addTo(sum);
  }

  told(): Finding {
    const { severity, class: damageClass, offset, bytes } = this;
    const [message, expected, found] = this.#words();
    return {
      severity,
      class: damageClass,
      file: this.#file,
      offset,
      bytes,
      message,
      expected: String(expected),
      found: String(found),
      ...placeOf(this.#stream),
      ...(this.#loss === undefined ? {} : { lost: this.#loss.told() }),
      ...(severity === 'damage' ? { hint: repairHint(this.#file) } : {}),
    };
  }
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
