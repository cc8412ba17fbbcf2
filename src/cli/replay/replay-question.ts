import type { Finding } from '../../engine/finding.js';
import type { SequencePlace } from '../../engine/inspect/replay/replay-base.js';
import { FirstRecords } from '../../engine/inspect/select/first-records.js';
import { LastRecords, type NamedKeys } from '../../engine/inspect/select/last-records.js';
import { NewestRecords } from '../../engine/inspect/select/newest-records.js';
import type { LyingRecord, NotedFiles } from '../../engine/inspect/select/noted-files.js';
import { RecordsAround, type Middle } from '../../engine/inspect/select/records-around.js';
import type { Selection } from '../../engine/inspect/select/selection.js';
import { usageError } from '../errors/usage-error.js';

/** A byte of a file, or a core's record by its sequence. */
export type AroundArgument = { readonly offset: number } | SequencePlace;

/** The part of the records that is shown, where that is known only once more of them were seen. */
export interface Question {
  readonly last: boolean;
  readonly reverse: boolean;
  readonly around: AroundArgument | undefined;
  /** Records before and behind that of `around`. */
  readonly context: number;
  /** The file that the value of the one record is written to; `-` is standard output. */
  readonly valueTo?: string | undefined;
}

/** Whether records are not just printed as they come. */
export function isQuestion({ last, reverse, around, valueTo }: Question): boolean {
  return last || reverse || around !== undefined || valueTo !== undefined;
}

/** Tells whether a record has a core and a sequence; undefined where none has. */
type SequenceOf<Record> = ((record: Record, coreId: number, sequence: bigint) => boolean) | undefined;

/** A second one shows that there are several. */
const FIRST_MAX = 2;

/**
 * The selection that answers a question; without one, the first records.
 * @param limit no more of the newest ones are asked for
 * @param end of the newest ones, those from this on were shown before
 */
export function selectionOf<Record extends LyingRecord>(
  { last, reverse, around, context }: Question,
  {
    files,
    keys,
    limit,
    end,
    placesMax,
    hasSequence,
  }: {
    readonly files: NotedFiles;
    readonly keys: NamedKeys<Record>;
    readonly limit: number;
    readonly end: number;
    readonly placesMax: number | undefined;
    readonly hasSequence: SequenceOf<Record>;
  },
): Selection<Record> {
  if (around !== undefined) return new RecordsAround(files, middleOf(around, hasSequence), context);
  if (last) return new LastRecords(files, keys, reverse);
  if (reverse) return new NewestRecords(files, limit, placesMax, end);
  return new FirstRecords(files, Math.min(limit, FIRST_MAX));
}

function middleOf<Record extends LyingRecord>(
  around: AroundArgument,
  hasSequence: SequenceOf<Record>,
): Middle<Record> {
  if ('offset' in around) {
    const { offset: at } = around;
    const holds = (offset: number, bytes: number): boolean => at >= offset && at < offset + bytes;
    return {
      isAt: ({ offset, recordBytes }) => holds(offset, recordBytes),
      isIn: ({ offset, bytes }: Finding) => holds(offset, bytes),
    };
  }
  if (hasSequence === undefined)
    throw usageError('--around C:S is for write-ahead logs: a fold log has no cores', 'give a byte offset');
  return {
    isAt: (record) => hasSequence(record, around.coreId, around.sequence),
    isIn: () => false,
  };
}
