import { HEADER_BYTES, PUT_TYPE } from '../../engine/fold/format/format.js';
import {
  countedFold,
  FOLD_OPERATIONS,
  FoldFilter,
  type FoldFilterOptions,
} from '../../engine/inspect/replay/fold-filter.js';
import { FoldSource } from '../../engine/inspect/replay/fold-source.js';
import type { Grouping } from '../../engine/inspect/replay/record-groups.js';
import { NotedFiles } from '../../engine/inspect/select/noted-files.js';
import { FoldRecordsAgain, type LocatedFoldRecord } from '../../engine/inspect/select/records-again.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import type { RecordDump } from '../output/records/record-dump.js';
import { FoldRecords } from '../output/records/fold-record-output.js';
import type { RecordOutputOptions } from '../output/records/record-output.js';
import type { Terminal } from '../terminal/terminal.js';
import { isQuestion, type AroundArgument, type Question } from './replay-question.js';
import { ReplayCounter, runCounted } from './replay-counter.js';
import { dumpFoldHeader, type RegionOptions } from './region-replay.js';
import { runReplay } from './replay-run.js';
import { runSelected } from './selected-run.js';
import { ValueOutput, type Remarks } from './value-output.js';

/** Which records of a fold log are shown, and how. */
export interface FoldReplayOptions extends RecordOutputOptions {
  readonly filter: FoldFilterOptions;
  readonly limit: number;
  readonly question: Question;
  /** Sums instead of the records. */
  readonly sums: { readonly by: Grouping | undefined } | undefined;
}

/** Prints a fold log's records as they lie, with findings between them, and goes on behind damage. */
export async function replayFold(
  terminal: Terminal,
  fileSystem: FileSystem,
  path: string,
  { filter: wanted, limit, question, sums, ...form }: FoldReplayOptions,
  { notice }: Pick<Remarks, 'notice'>,
): Promise<ExitCode> {
  const output = new FoldRecords(terminal.output, form);
  const filter = new FoldFilter(wanted);
  const source = new FoldSource(fileSystem, path);
  const files = new NotedFiles(fileSystem);
  try {
    if (!isQuestion(question)) {
      if (form.dump !== undefined && sums === undefined && isAll(wanted))
        await dumpFoldHeader(terminal, fileSystem, path, boundsOf(wanted, form.dump, form.json));
      const work = { source, filter, limit, findings: output };
      if (sums === undefined)
        return await runReplay(terminal, { ...work, printed: output }, { isOver: false });
      const counter = new ReplayCounter(FOLD_OPERATIONS, sums.by, {
        json: form.json,
        hasTimes: false,
        encoding: form.encodings.key,
      });
      const taker = {
        take: (record: LocatedFoldRecord) => {
          counter.take(countedFold(record));
        },
      };
      const counted = { ...work, taker, printed: undefined };
      return await runCounted(terminal, (interruption) => runReplay(terminal, counted, interruption), {
        counter,
      });
    }
    const { around } = question;
    if (form.dump !== undefined && around !== undefined && isInHeader(around)) {
      await dumpFoldHeader(terminal, fileSystem, path, boundsOf({}, form.dump, form.json));
      return EXIT_CODES.done;
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
    const value = new ValueOutput<LocatedFoldRecord>(
      ({ record }) => (record.type === PUT_TYPE ? record.value() : undefined),
      notice,
    );
    const { valueTo } = question;
    const exitCode = await runSelected<LocatedFoldRecord>(terminal, {
      question,
      filter,
      limit,
      output: valueTo === undefined ? output : value,
      files,
      again,
      source,
      reopen,
    });
    return valueTo === undefined ? exitCode : await value.writeTo(valueTo, path, terminal, exitCode);
  } finally {
    files.close();
    source.close();
  }
}

function isInHeader(around: AroundArgument): boolean {
  return 'offset' in around && around.offset < HEADER_BYTES;
}

/** True where no filter asks for records alone. */
function isAll({ operations, keys, prefix, pattern }: FoldFilterOptions): boolean {
  return [operations, keys, prefix, pattern].every((filter) => filter === undefined);
}

function boundsOf(
  { fromOffset = 0, toOffset = Infinity }: FoldFilterOptions,
  dump: RecordDump,
  json: boolean,
): RegionOptions {
  return { dump, fromOffset, toOffset, json };
}
