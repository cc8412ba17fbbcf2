import type { NamedKeys } from '../../engine/inspect/select/last-records.js';
import { NewestRecords } from '../../engine/inspect/select/newest-records.js';
import type { LyingRecord, NotedFiles } from '../../engine/inspect/select/noted-files.js';
import type { RecordsAgain } from '../../engine/inspect/select/records-again.js';
import type { Selected, Selection } from '../../engine/inspect/select/selection.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import type { PreviousValue, RecordOutput } from '../output/records/record-parts.js';
import type { Terminal } from '../terminal/terminal.js';
import { selectionOf, type Question } from './replay-question.js';
import { runReplay, type RecordFilter, type RecordSource } from './replay-run.js';

/** A log, a question about its records, and where the answer goes. */
export interface SelectedWork<Record extends LyingRecord> {
  readonly question: Question;
  readonly filter: RecordFilter<Record> & NamedKeys<Record>;
  readonly limit: number;
  readonly output: RecordOutput<Record>;
  readonly files: NotedFiles;
  readonly again: RecordsAgain<Record>;
  readonly source: RecordSource<Record>;
  /** Reads the log from its start once more. */
  readonly reopen: () => Promise<{ readonly source: RecordSource<Record>; readonly close: () => void }>;
  /** The places of so many records are kept at the most; default `PLACES_MAX`. */
  readonly placesMax?: number;
  readonly hasSequence?: (record: Record, coreId: number, sequence: bigint) => boolean;
  /** The value that the key of a record had before all that was read; undefined where nothing tells. */
  readonly valueBelow?: ((record: Record) => PreviousValue) | undefined;
}

const NEVER_OVER = { isOver: false };

/** Reads all that the answer needs, and prints it. @returns `no` where there is none, unless something was wrong */
export async function runSelected<Record extends LyingRecord>(
  terminal: Terminal,
  work: SelectedWork<Record>,
): Promise<ExitCode> {
  const { source, reopen, output } = work;
  const first = selectionFor(work, work.limit, Infinity);
  const exitCode = await read(terminal, work, source, first, output);
  const told = { records: 0 };
  let selection = first;
  while ((await tell(terminal, work, selection, told)) && selection instanceof NewestRecords) {
    const { rest } = selection as NewestRecords<Record>;
    if (rest === 0 || told.records >= work.limit) break;
    const opened = await reopen();
    try {
      selection = selectionFor(work, work.limit - told.records, rest);
      await read(terminal, work, opened.source, selection, undefined);
    } finally {
      opened.close();
    }
  }
  return told.records === 0 && exitCode === EXIT_CODES.done ? EXIT_CODES.no : exitCode;
}

function selectionFor<Record extends LyingRecord>(
  work: SelectedWork<Record>,
  limit: number,
  end: number,
): Selection<Record> {
  const { question, files, filter: keys, placesMax, hasSequence } = work;
  return selectionOf(question, { files, keys, limit, end, placesMax, hasSequence });
}

/** @param findings undefined where they have been told */
async function read<Record extends LyingRecord>(
  terminal: Terminal,
  { filter }: SelectedWork<Record>,
  source: RecordSource<Record>,
  selection: Selection<Record>,
  findings: RecordOutput<Record> | undefined,
): Promise<ExitCode> {
  const told = findings ?? { finding: () => undefined };
  const work = { source, filter, selection, limit: Infinity, printed: undefined, findings: told };
  return runReplay(terminal, work, NEVER_OVER);
}

/** Prints what was selected. @returns false once nobody reads it */
async function tell<Record extends LyingRecord>(
  { output: bytes }: Terminal,
  work: SelectedWork<Record>,
  selection: Selection<Record>,
  told: { records: number },
): Promise<boolean> {
  const { again, output, limit } = work;
  for (const item of selection.selected()) {
    if ('finding' in item) {
      output.finding(item.finding);
    } else {
      if (told.records >= limit) break;
      const previous = previousOf(work, item);
      output.record(again.recordAt(item.place), previous);
      told.records += 1;
    }
    // Before the next is read: what is written may lie in its buffer.
    if (bytes.isFull && !(await bytes.flush())) return false;
  }
  return bytes.flush();
}

/** Undefined where it is not asked for: the keys must have been named. */
function previousOf<Record extends LyingRecord>(
  { question, filter, again, valueBelow }: SelectedWork<Record>,
  { place, previous }: Exclude<Selected, { finding: unknown }>,
): PreviousValue | undefined {
  if (!question.last || filter.keyCount === 0) return undefined;
  if (previous === undefined) return valueBelow?.(again.recordAt(place)) ?? 'unknown';
  const value = again.valueAt(previous);
  return value === undefined ? 'none' : { value };
}
