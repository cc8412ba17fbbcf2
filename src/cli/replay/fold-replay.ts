import { FoldFilter, type FoldFilterOptions } from '../../engine/inspect/replay/fold-filter.js';
import { FoldSource } from '../../engine/inspect/replay/fold-source.js';
import { NotedFiles } from '../../engine/inspect/select/noted-files.js';
import { FoldRecordsAgain, type LocatedFoldRecord } from '../../engine/inspect/select/records-again.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import type { ExitCode } from '../errors/exit-codes.js';
import { FoldRecords } from '../output/records/fold-record-output.js';
import type { RecordOutputOptions } from '../output/records/record-output.js';
import type { Terminal } from '../terminal/terminal.js';
import { isQuestion, type Question } from './replay-question.js';
import { runReplay } from './replay-run.js';
import { runSelected } from './selected-run.js';

/** Which records of a fold log are shown, and how. */
export interface FoldReplayOptions extends RecordOutputOptions {
  readonly filter: FoldFilterOptions;
  readonly limit: number;
  readonly question: Question;
}

/** Prints a fold log's records as they lie, with findings between them, and goes on behind damage. */
export async function replayFold(
  terminal: Terminal,
  fileSystem: FileSystem,
  path: string,
  { filter: wanted, limit, question, ...form }: FoldReplayOptions,
): Promise<ExitCode> {
  const output = new FoldRecords(terminal.output, form);
  const filter = new FoldFilter(wanted);
  const source = new FoldSource(fileSystem, path);
  const files = new NotedFiles(fileSystem);
  try {
    if (!isQuestion(question)) {
      const work = { source, filter, limit, printed: output, findings: output };
      return await runReplay(terminal, work, { isOver: false });
    }
    const again = new FoldRecordsAgain(files);
    const reopen = () => {
      const opened = new FoldSource(fileSystem, path);
      return Promise.resolve({
        source: opened,
        close: () => {
          opened.close();
        },
      });
    };
    return await runSelected<LocatedFoldRecord>(terminal, {
      question,
      filter,
      limit,
      output,
      files,
      again,
      source,
      reopen,
    });
  } finally {
    files.close();
    source.close();
  }
}
