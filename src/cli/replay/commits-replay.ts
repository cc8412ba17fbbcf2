import { ReplayFilter, type ReplayFilterOptions } from '../../engine/inspect/replay/replay-filter.js';
import { openResumePositions } from '../../engine/inspect/select/open-resume-positions.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { groupOfRecord } from '../../engine/wal/format/group-mark.js';
import type { ExitCode } from '../errors/exit-codes.js';
import { recordOutput, type RecordOutputOptions } from '../output/records/record-output.js';
import type { LocatedRecord } from '../output/records/record-parts.js';
import { writeResumePositions } from '../output/records/resume-output.js';
import type { Terminal } from '../terminal/terminal.js';
import { runReplay } from './replay-run.js';
import { openReplay } from './replay-source.js';
import type { Remarks } from './value-output.js';

/** Which Commits are shown, and how. */
export interface CommitsOptions extends RecordOutputOptions {
  readonly filter: ReplayFilterOptions;
}

/**
 * Prints the Commits that the filters leave, and from where each source can resume so that nothing is missing: for that, all
 * records are read.
 * @param remarks which logs are read
 * @throws StatelogError what `openReplay` throws
 */
export async function replayCommits(
  terminal: Terminal,
  fileSystem: FileSystem,
  path: string,
  { filter: wanted, ...form }: CommitsOptions,
  { say }: Pick<Remarks, 'say'>,
): Promise<ExitCode> {
  const commits = new ReplayFilter({ ...wanted, operations: ['commit'] });
  const filter = {
    takes: (record: LocatedRecord) => commits.takes(record) && groupOfRecord(record.view) === undefined,
    takesFinding: () => true,
  };
  const all = { filter: new ReplayFilter(), isMerged: true, bounds: undefined };
  const { source, fileSystem: anchored, description, close } = await openReplay(fileSystem, path, all);
  try {
    if (description !== undefined) say(description);
    const positions = openResumePositions(anchored, path);
    const output = recordOutput(terminal, form);
    const work = { source, filter, limit: Infinity, printed: output, findings: output, selection: positions };
    const exitCode = await runReplay(terminal, work, { isOver: false });
    writeResumePositions(terminal, positions.positions(), form.json);
    await terminal.output.flush();
    return exitCode;
  } finally {
    close();
  }
}
