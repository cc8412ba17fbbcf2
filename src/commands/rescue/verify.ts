import { boolean, string } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { inputOf } from '../../cli/command/readable.js';
import type { OpenedInput } from '../../engine/inspect/input/open-input.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { asStatelogError, errorJson, errorLine, exitCodeOf } from '../../cli/errors/error-rendering.js';
import { EXIT_CODES, exitCodeOfFinding, worseExitCode, type ExitCode } from '../../cli/errors/exit-codes.js';
import { ReadingProgress } from '../../cli/terminal/progress.js';
import { redactFlags } from '../../cli/text/redaction.js';
import type { RecordDump } from '../../cli/output/records/record-dump.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { bothOutputs, verifyOutput, type VerifyOutput } from '../../cli/output/verify/verify-output.js';
import type { PathReport } from '../../cli/report/path-report.js';
import type { VerifyReport } from '../../cli/report/verify-report.js';
import type { StatelogError } from '../../engine/errors.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import { watchedFileSystem } from '../../engine/storage-io/views/watched-file-system.js';

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
    quiet: boolean({ char: 'q', description: 'print nothing: the exit code alone' }),
    quick: boolean({ description: 'leave out the values' }),
    hexdump: boolean({ description: 'the bytes round each fault too, field by field' }),
    report: string({
      description:
        'also write a page to show: maps, findings, bytes, what to run; one HTML file of less than 1 MiB',
      helpValue: 'FILE.html',
    }),
    'show-values': boolean({ description: 'the bytes of values in the report, too, which leaves them out' }),
  };

  override async run(): Promise<ExitCode> {
    const { argv, flags } = await this.parse(Verify);
    const paths = argv as string[];
    if (paths.length === 0) throw usageError('PATH is missing', 'run: statelog verify --help');
    const report = await this.#reportOf(flags, paths);
    let worst: ExitCode = EXIT_CODES.done;
    for (const path of paths) worst = worseExitCode(worst, await this.#verify(path, { ...flags, report }));
    if (report === undefined) return worst;
    return worseExitCode(worst, await this.#writeReport(report, flags.quiet));
  }

  /** Looked at before any work, so that nothing is read in vain. */
  async #reportOf(
    flags: { readonly report?: string | undefined; 'show-values': boolean; redact: boolean },
    paths: readonly string[],
  ): Promise<VerifyReport | undefined> {
    const showsValues = flags['show-values'];
    if (showsValues && flags.report === undefined)
      throw usageError('--show-values is about a report', 'name one with --report FILE.html');
    if (showsValues && flags.redact)
      throw usageError('--redact and --show-values contradict', 'leave one out');
    if (flags.report === undefined) return undefined;
    const { VerifyReport: Report } = await import('../../cli/report/verify-report.js');
    return Report.at(flags.report, paths, { showsValues, version: this.config.version });
  }

  /** A failure to write it is told as an exit code, since findings may matter more. */
  async #writeReport(report: VerifyReport, quiet: boolean): Promise<ExitCode> {
    try {
      await report.write();
      return EXIT_CODES.done;
    } catch (thrown) {
      const error = asStatelogError(thrown);
      if (!quiet) this.#sayError(error);
      return exitCodeOf(error);
    }
  }

  #sayError(error: StatelogError): void {
    this.terminal.writeError(`${this.wantsJson ? errorJson(error) : errorLine(error)}\n`);
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
      this.#sayError(error);
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
    const fileSystem = watched(input.fileSystem, progress);
    const dump = hexdump ? await this.#dump(fileSystem, path, redact) : undefined;
    const page = report?.start(path, input.fileSystem);
    const printed = withPage(
      quiet ? undefined : await verifyOutput(this.terminal, path, { json, quick, dump }),
      page,
    );
    const steps = verifyPath(fileSystem, path, { quick, map: printed?.map, timeline: page?.timeline });
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

/** Reports to a waiting user how far each file was read. */
function watched(fileSystem: FileSystem, progress: ReadingProgress | undefined): FileSystem {
  if (progress === undefined) return fileSystem;
  return watchedFileSystem(fileSystem, (path, position, size) => {
    progress.read(path, position, size);
  });
}
