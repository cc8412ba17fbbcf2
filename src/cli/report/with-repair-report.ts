import type { Encoding } from '../values/encoding.js';
import { inputOf } from '../command/readable.js';
import { asStatelogError } from '../errors/error-rendering.js';
import { worseExitCode, type ExitCode } from '../errors/exit-codes.js';
import { ReadingProgress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import { watchedReading } from '../terminal/watched-reading.js';
import type { RepairOutcome, RepairReport } from './repair-report.js';
import type { ReportWish } from './report-flags.js';

/** A command that repairs or rescues, and the page that is wanted of it. */
export interface ReportedRepair {
  readonly command: 'repair' | 'rescue';
  readonly path: string;
  readonly keyEncoding: Encoding;
  /** Undefined where no page is wanted. */
  readonly wish: ReportWish | undefined;
  /** Paths that the work reads and makes. */
  readonly kept: readonly string[];
  readonly terminal: Terminal;
  /** The release of statelog. */
  readonly version: string;
  /** Writes the page, and tells of a failure to do so. */
  readonly write: (write: () => Promise<void>) => Promise<ExitCode>;
}

/**
 * Does a repair, and writes the page of it, where one is wanted: of one that fails, too. The page's file is looked at before any
 * work.
 * @throws StatelogError as `ReportTarget`; what the work throws
 */
export async function withRepairReport(
  reported: ReportedRepair,
  work: (report: RepairReport | undefined) => Promise<RepairOutcome>,
): Promise<ExitCode> {
  const { wish, path, terminal, write } = reported;
  if (wish === undefined) return (await work(undefined)).exitCode;
  const [{ ReportTarget }, { RepairReport: Report }] = await Promise.all([
    import('./report-target.js'),
    import('./repair-report.js'),
  ]);
  const target = new ReportTarget(wish, reported.kept, reported.version);
  const input = await inputOf(path, terminal);
  const progress = await ReadingProgress.on(terminal, 'drawing');
  const fileSystem = watchedReading(input.fileSystem, progress);
  const report = new Report(target, { ...reported, fileSystem });
  try {
    const outcome = await work(report);
    return worseExitCode(outcome.exitCode, await write(async () => report.done(outcome)));
  } catch (thrown) {
    await write(async () => report.failed(asStatelogError(thrown)));
    throw thrown;
  } finally {
    progress?.pause();
    input.close();
  }
}
