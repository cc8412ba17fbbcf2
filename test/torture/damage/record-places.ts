import { applyMend, type RecordMend } from '../../../src/engine/bytes/record-mend.js';
import { FoldRecordMender } from '../../../src/engine/fold/mend/record-mender.js';
import { findMends, type LogFormat } from '../../../src/engine/repair/mend/log-format.js';
import { WalEntryView } from '../../../src/engine/rkyv/entry/wal-entry-view.js';
import { RECORD_HEADER_BYTES } from '../../../src/engine/wal/format/record.js';
import { neighbourOf, type Neighbour } from '../../../src/engine/wal/mend/neighbours.js';
import { RecordMender } from '../../../src/engine/wal/mend/record-mender.js';
import { MemoryFile } from '../../engine/wal/memory-file.js';
import { allDamagedLogs } from './damaged-logs.js';
import type { DamagedLog } from './log-damage.js';

/** A record with those beside it, as a small file of its own. */
export interface RecordPlace {
  readonly name: string;
  readonly format: LogFormat;
  /** The header, where there is one, the record before (or all before it), the record, and the one behind. */
  readonly file: Uint8Array;
  readonly offset: number;
  readonly length: number;
  /** Puts the record right in memory, once it is damaged in a copy of the file; undefined where nothing is certain. */
  readonly mend: (file: Uint8Array) => RecordMend | undefined;
}

/** Each record of each fixture, and of logs of ours. */
export function recordPlaces(): RecordPlace[] {
  return allDamagedLogs().flatMap((log) => log.pieces.map((_, index) => placeOf(log, index)));
}

function placeOf(log: DamagedLog, index: number): RecordPlace {
  // What says how far behind it everything was durable must stand as far behind the start.
  const from = log.name === 'our segment' ? 0 : Math.max(0, index - 1);
  const pieces = log.pieces.slice(from, index + 2);
  const parts = pieces.map(({ offset, length }) => log.bytes.subarray(offset, offset + length));
  const file = new Uint8Array(Buffer.concat([log.bytes.subarray(0, log.headerBytes), ...parts]));
  const before = index === 0 ? undefined : log.pieces[index - 1];
  const offset = log.headerBytes + log.pieces.slice(from, index).reduce((sum, { length }) => sum + length, 0);
  const { length } = log.pieces[index]!;
  const format = log.headerBytes === 0 ? 'segment' : 'fold';
  const mend =
    format === 'segment' ? segmentMend(file, offset, length, before?.length) : foldMend(offset, length);
  return { name: `${log.name}, record ${index}`, format, file, offset, length, mend };
}

const recordMender = new RecordMender();
const foldMender = new FoldRecordMender();

function segmentMend(
  file: Uint8Array,
  offset: number,
  length: number,
  beforeLength: number | undefined,
): RecordPlace['mend'] {
  const before =
    beforeLength === undefined ? undefined : neighbourAt(file, offset - beforeLength, beforeLength);
  const next = offset + length;
  const behind = next < file.length ? neighbourAt(file, next, file.length - next) : undefined;
  const after = (end: number): Neighbour | undefined => (end === length ? behind : undefined);
  return (damaged) => {
    const bytes = damaged.subarray(offset);
    return recordMender.mend({ bytes, position: offset, end: length, before, after }, 'all');
  };
}

function neighbourAt(file: Uint8Array, offset: number, length: number): Neighbour {
  const view = new WalEntryView();
  view.decode(file, offset + RECORD_HEADER_BYTES, offset + length);
  return neighbourOf(view);
}

function foldMend(offset: number, length: number): RecordPlace['mend'] {
  return (damaged) => {
    const bytes = damaged.subarray(offset);
    return foldMender.mend({ bytes, ends: [length], isInOrder: () => true }, 'all');
  };
}

/** Whether a damaged file was put right: as it was, in some other way, or not. */
export function outcomeOf(place: RecordPlace, damaged: Uint8Array): 'back' | 'wrong' | 'listed' {
  const log = new MemoryFile(damaged);
  const { mends } = findMends(log.fileSystem, '/log', place.format, 'all');
  const [only] = mends;
  if (only === undefined) return 'listed';
  const { offset, mend } = only;
  const tail = damaged.subarray(offset + mend.end);
  const whole = Buffer.concat([damaged.subarray(0, offset), applyMend(damaged.subarray(offset), mend), tail]);
  return mends.length === 1 && whole.equals(place.file) ? 'back' : 'wrong';
}
