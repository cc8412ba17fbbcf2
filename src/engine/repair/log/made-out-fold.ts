import { applyMend } from '../../bytes/record-mend.js';
import type { Finding } from '../../finding.js';
import { CURSOR_TYPE, PUT_TYPE } from '../../fold/format/format.js';
import { FoldRecord } from '../../fold/format/record.js';
import { FoldRecordMender } from '../../fold/mend/record-mender.js';
import type { OpenLog } from '../../fold/record/log-window.js';
import type { MadeOut } from './made-out.js';
import type { DamagedChange, NamelessChange } from '../account/lost-keys.js';

/** Records of one gap that are looked at, and the most bytes of it that are read for that. */
const RECORDS_MAX = 1024;
const GAP_BYTES_MAX = 1024 * 1024;
/** The longest record that one change is looked for in: beyond that none is certain. */
const PROVEN_BYTES_MAX = 12 * 1024;

/**
 * Makes out the records of gaps of one fold log: those that their own lengths lead to one after the other, although their checksums
 * fail. As in a segment (`GapRecords`), a key is told only where exactly one change explains all that is wrong with its record.
 */
export class FoldGapRecords {
  readonly #log: OpenLog;
  readonly #mender = new FoldRecordMender();

  constructor(log: OpenLog) {
    this.#log = log;
  }

  /** `isAll`: they fill the gap. */
  makeOut({ offset, bytes }: Finding): MadeOut & { readonly isAll: boolean } {
    const { fileSystem, descriptor, path } = this.#log;
    const gap = new Uint8Array(Math.min(bytes, GAP_BYTES_MAX));
    const end = fileSystem.read(descriptor, gap, 0, gap.length, offset);
    const changes: DamagedChange[] = [];
    const nameless: NamelessChange[] = [];
    const record = new FoldRecord();
    let records = 0;
    let at = 0;
    while (at < end && records < RECORDS_MAX) {
      const stated = record.parse(gap, at, end) === 'whole' ? record.length : undefined;
      const op = record.type === PUT_TYPE ? ('put' as const) : ('delete' as const);
      const isCursor = record.type === CURSOR_TYPE;
      const proven = this.#prove(gap.subarray(at, end), stated);
      const length = proven?.end ?? stated;
      if (length === undefined) break;
      records += 1;
      const place = { file: path, offset: offset + at };
      if (proven !== undefined) changes.push(...changesOf(proven.record, place));
      else if (!isCursor) nameless.push({ op, ...place });
      at += length;
    }
    // Lengths that lead nowhere may be wrong themselves: then so is what they led to.
    const isAll = at === bytes;
    return { records, isAll, changes, nameless: isAll ? nameless : [] };
  }

  /** The record that the bytes begin with, as it was, and its end. */
  #prove(
    bytes: Uint8Array,
    stated: number | undefined,
  ): { readonly record: FoldRecord; readonly end: number } | undefined {
    const ends = [stated ?? bytes.length, bytes.length].filter((end) => end <= PROVEN_BYTES_MAX);
    const mend = this.#mender.mend({ bytes, ends, isInOrder: () => true }, 'all');
    if (mend === undefined) return undefined;
    const whole = applyMend(bytes, mend);
    const record = new FoldRecord();
    return record.parse(whole, 0, whole.length) === 'whole' ? { record, end: mend.end } : undefined;
  }
}

function changesOf(record: FoldRecord, place: Pick<NamelessChange, 'file' | 'offset'>): DamagedChange[] {
  if (record.type === CURSOR_TYPE) return [];
  return [{ key: record.key(), op: record.type === PUT_TYPE ? 'put' : 'delete', ...place }];
}
