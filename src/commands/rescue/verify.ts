import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { pagerFlags } from '../../cli/command/flags.js';
import { inputOf } from '../../cli/command/readable.js';
import type { OpenedInput } from '../../engine/inspect/input/open-input.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { asStatelogError, exitCodeOf } from '../../cli/errors/error-rendering.js';
import { EXIT_CODES, exitCodeOfFinding, worseExitCode, type ExitCode } from '../../cli/errors/exit-codes.js';
import { ReadingProgress } from '../../cli/terminal/progress.js';
import { watchedReading } from '../../cli/terminal/watched-reading.js';
import { redactFlags } from '../../cli/text/redaction.js';
import type { RecordDump } from '../../cli/output/records/record-dump.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { bothOutputs, verifyOutput, type VerifyOutput } from '../../cli/output/verify/verify-output.js';
import type { PathReport } from '../../cli/report/parts/path-report.js';
import { reportFlags, reportWish } from '../../cli/report/report-flags.js';
import type { ReportTarget } from '../../cli/report/report-target.js';
import type { VerifyReport } from '../../cli/report/verify-report.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';

/** The most findings of a kind to tell one by one in a file: more would take more bytes than a file that is bad all over. */
const TOLD_MAX = 1000;

interface VerifyFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly quick: boolean;
  readonly hexdump: boolean;
  readonly redact: boolean;
  /** The page that is made of it all; undefined where none is wanted. */
  readonly report: VerifyReport | undefined;
}

/** `verify PATH…`: reads everything, says what is wrong, changes nothing. */
export default class Verify extends StatelogCommand {
  static override summary = 'read everything, and check every checksum, offset, order and digest';
  static override strict = false;
  static override args = { path: storeArgument };
  static override urlArguments = ['path'];
  static override flags = {
    ...redactFlags,
    ...pagerFlags,
    quiet: boolean({ char: 'q', description: 'print nothing: the exit code alone' }),
    quick: boolean({ description: 'leave out the values' }),
    hexdump: boolean({ description: 'the bytes round each fault too, field by field' }),
    ...reportFlags,
  };

  override async run(): Promise<ExitCode> {
    const { argv, flags } = await this.parse(Verify);
    await this.page(flags);
    const paths = argv as string[];
    if (paths.length === 0) throw usageError('PATH is missing', 'run: statelog verify --help');
    const report = await this.#reportOf(flags, paths);
    let worst: ExitCode = EXIT_CODES.done;
    for (const path of paths)
      worst = worseExitCode(worst, await this.#verify(path, { ...flags, report: report?.page }));
    if (report === undefined) return worst;
    return worseExitCode(
      worst,
      await this.writeReport(async () => report.page.write(report.target), flags.quiet),
    );
  }

  /** Looked at before any work, so that nothing is read in vain. */
  async #reportOf(
    flags: Parameters<typeof reportWish>[0],
    paths: readonly string[],
  ): Promise<{ readonly target: ReportTarget; readonly page: VerifyReport } | undefined> {
    const wish = reportWish(flags);
    if (wish === undefined) return undefined;
    const [{ ReportTarget: Target }, { VerifyReport: Report }] = await Promise.all([
      import('../../cli/report/report-target.js'),
      import('../../cli/report/verify-report.js'),
    ]);
    const target = new Target(wish, paths, this.config.version);
    return { target, page: new Report(wish.showsValues) };
  }

  /** One path's outcome; an error of it does not keep the others from being read. */
  async #verify(path: string, flags: VerifyFlags): Promise<ExitCode> {
    try {
      return await this.#printFindings(path, flags);
    } catch (thrown) {
      const error = asStatelogError(thrown);
      flags.report?.finish(path, exitCodeOf(error), error);
      if (flags.quiet) return exitCodeOf(error);
      await this.terminal.output.flush();
      this.sayError(error);
      return exitCodeOf(error);
    }
  }

  async #printFindings(path: string, flags: VerifyFlags): Promise<ExitCode> {
    const input = await inputOf(path, this.terminal);
    try {
      return await this.#printFindingsOf(input, path, flags);
    } finally {
      input.close();
    }
  }

  async #printFindingsOf(input: OpenedInput, path: string, flags: VerifyFlags): Promise<ExitCode> {
    const { json, quiet, quick, hexdump, redact, report } = flags;
    const { verifyPath } = await import('../../engine/inspect/verify/verify-path.js');
    const { output } = this.terminal;
    const progress = quiet ? undefined : await ReadingProgress.on(this.terminal, 'verifying');
    const fileSystem = watchedReading(input.fileSystem, progress);
    const dump = hexdump ? await this.#dump(fileSystem, path, redact) : undefined;
    const page = report?.start(path, input.fileSystem);
    const printed = withPage(
      quiet ? undefined : await verifyOutput(this.terminal, path, { json, quick, dump }),
      page,
    );
    const looks = { quick, map: printed?.map, timeline: page?.timeline, toldMax: TOLD_MAX };
    const steps = verifyPath(fileSystem, path, looks);
    let worst: ExitCode = EXIT_CODES.done;
    for (const finding of input.findings) {
      worst = worseExitCode(worst, exitCodeOfFinding(finding));
      printed?.finding(finding);
    }
    try {
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) {
        const finding = step.value;
        worst = worseExitCode(worst, exitCodeOfFinding(finding));
        printed?.finding(finding);
        // Reading goes on when nobody listens any more: the exit code is still to come.
        if (!output.isFull) continue;
        progress?.pause();
        await output.flush();
      }
      printed?.summary(step.value);
    } catch (error) {
      printed?.giveUp();
      throw error;
    } finally {
      progress?.pause();
    }
    if (report !== undefined && worst !== EXIT_CODES.done) await tellLostKeys(report, fileSystem, path);
    progress?.pause();
    report?.finish(path, worst);
    await output.flush();
    return worst;
  }

  async #dump(fileSystem: FileSystem, path: string, redact: boolean): Promise<RecordDump> {
    const { RecordDump: Dump } = await import('../../cli/output/records/record-dump.js');
    return Dump.to(this.terminal, fileSystem, path, { redact });
  }
}

function withPage(printed: VerifyOutput | undefined, page: PathReport | undefined): VerifyOutput | undefined {
  return printed === undefined || page === undefined ? (printed ?? page) : bothOutputs(printed, page);
}

/** The keys that a repair of something damaged would lose, for its page. */
async function tellLostKeys(report: VerifyReport, fileSystem: FileSystem, path: string): Promise<void> {
  const { keysLostIn } = await import('../../engine/repair/keys-lost-in.js');
  for await (const lost of keysLostIn(fileSystem, path)) report.lostKey(lost);
}
