import { keyOf } from '../output/records/record-parts.js';
import { recordOutput, type RecordOutputOptions } from '../output/records/record-output.js';
import type { SequencePlace } from '../../engine/inspect/replay/replay-base.js';
import { ReplayFilter, type ReplayFilterOptions } from '../../engine/inspect/replay/replay-filter.js';
import { NotedFiles } from '../../engine/inspect/select/noted-files.js';
import { SegmentRecordsAgain, type SegmentRecord } from '../../engine/inspect/select/records-again.js';
import { TAG_PUT } from '../../engine/rkyv/entry/wal-entry-format.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import type { ExitCode } from '../errors/exit-codes.js';
import { usageError } from '../errors/usage-error.js';
import type { PreviousValue } from '../output/records/record-parts.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Question } from './replay-question.js';
import { openReplay } from './replay-source.js';
import { ValueOutput, type Remarks } from './value-output.js';
import { runSelected } from './selected-run.js';

/** A question about write-ahead logs. */
export interface SegmentQuestion extends RecordOutputOptions {
  readonly filter: ReplayFilterOptions;
  readonly limit: number;
  readonly question: Question;
  readonly isMerged: boolean;
  readonly toSequence: SequencePlace | undefined;
}

/**
 * Answers a question about the logs at a path.
 * @param remarks which logs are read, and what is found where only a value is printed
 * @throws StatelogError what `openReplay` throws
 */
export async function askSegments(
  terminal: Terminal,
  fileSystem: FileSystem,
  path: string,
  { filter: wanted, limit, question, isMerged, toSequence, ...form }: SegmentQuestion,
  { say, notice }: Remarks,
): Promise<ExitCode> {
  const filter = new ReplayFilter(wanted);
  // The value before the first one that is wanted is among those that are not.
  const hasPrevious = question.last && filter.keyCount > 0;
  const read = hasPrevious ? new ReplayFilter({ toEpoch: wanted.toEpoch }) : filter;
  const open = () => openReplay(fileSystem, path, { filter: read, isMerged, bounds: undefined, toSequence });
  const opened = await open();
  const files = new NotedFiles(opened.fileSystem);
  try {
    refuseUnclear(path, question, opened.segments);
    if (opened.description !== undefined) say(opened.description);
    const value = new ValueOutput<SegmentRecord>(
      ({ view }) => (view.tag === TAG_PUT ? view.valueCopy() : undefined),
      notice,
    );
    const { valueTo } = question;
    const exitCode = await runSelected(terminal, {
      question,
      filter,
      limit,
      output: valueTo === undefined ? recordOutput(terminal, form) : value,
      files,
      again: new SegmentRecordsAgain(files),
      source: opened.source,
      reopen: open,
      hasSequence: ({ view }, coreId, sequence) => view.coreId === coreId && view.sequence === sequence,
      valueBelow: hasPrevious ? await belowLogs(opened.fileSystem, path) : undefined,
    });
    return valueTo === undefined ? exitCode : await value.writeTo(valueTo, path, terminal, exitCode);
  } finally {
    files.close();
    opened.close();
  }
}

/** @throws StatelogError `INVALID_ARGUMENT` for a byte that may be one of several files */
function refuseUnclear(path: string, { around }: Question, segments: number): void {
  if (around === undefined || !('offset' in around) || segments < 2) return;
  const hint = 'name one of them, or give a core and a sequence: --around 0:17';
  throw usageError(
    `--around ${around.offset} is a byte of one file, and ${path} has ${segments} segments`,
    hint,
  );
}

/** The values of a state directory before its oldest log; undefined for logs that lie by themselves. */
async function belowLogs(
  fileSystem: FileSystem,
  path: string,
): Promise<((record: SegmentRecord) => PreviousValue) | undefined> {
  const { valueBelowLogs } = await import('../../engine/inspect/select/value-below-logs.js');
  const valueBelow = valueBelowLogs(fileSystem, path);
  if (valueBelow === undefined) return undefined;
  return ({ view }) => {
    const value = valueBelow(keyOf(view));
    return value === undefined ? 'none' : { value };
  };
}
