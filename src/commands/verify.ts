import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../cli/arguments.js';
import { StatelogCommand } from '../cli/base-command.js';
import { countedText } from '../cli/counted-text.js';
import { asStatelogError, errorJson, errorLine, exitCodeOf } from '../cli/error-rendering.js';
import { EXIT_CODES, exitCodeOfSeverity, worseExitCode, type ExitCode } from '../cli/exit-codes.js';
import { findingText } from '../cli/finding-text.js';
import { startProgress } from '../cli/progress.js';
import { redactFlags } from '../cli/redaction.js';
import type { RecordDump } from '../cli/record-dump.js';
import { formatSize } from '../cli/size-text.js';
import { usageError } from '../cli/usage-error.js';
import { visibleText } from '../cli/visible-text.js';
import type { FileSystem } from '../engine/storage-io/file-system.js';
import type { VerifySummary } from '../engine/inspect/verify/verify-path.js';

interface VerifyFlags {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly quick: boolean;
  readonly hexdump: boolean;
  readonly redact: boolean;
}

/** `verify PATH…`: reads everything, says what is wrong, changes nothing. */
export default class Verify extends StatelogCommand {
  static override summary = 'read everything, and check every checksum, offset, order and digest';
  static override strict = false;
  static override args = { path: storeArgument };
  static override flags = {
    ...redactFlags,
    quiet: boolean({ char: 'q', description: 'print nothing: the exit code alone' }),
    quick: boolean({ description: 'leave out the values' }),
    hexdump: boolean({ description: 'the bytes round each fault too, field by field' }),
  };

  override async run(): Promise<ExitCode> {
    const { argv, flags } = await this.parse(Verify);
    const paths = argv as string[];
    if (paths.length === 0) throw usageError('PATH is missing', 'run: statelog verify --help');
    const progress = startProgress(this.terminal, 'verifying', paths.length);
    let worst: ExitCode = EXIT_CODES.done;
    try {
      for (const [index, path] of paths.entries()) {
        worst = worseExitCode(worst, await this.#verify(path, flags));
        progress.advanceTo(index + 1);
      }
    } finally {
      progress.stop();
    }
    return worst;
  }

  /** One path's outcome; an error of it does not keep the others from being read. */
  async #verify(path: string, flags: VerifyFlags): Promise<ExitCode> {
    try {
      return await this.#printFindings(path, flags);
    } catch (thrown) {
      const error = asStatelogError(thrown);
      if (flags.quiet) return exitCodeOf(error);
      await this.terminal.output.flush();
      this.terminal.writeError(`${flags.json ? errorJson(error) : errorLine(error)}\n`);
      return exitCodeOf(error);
    }
  }

  async #printFindings(path: string, flags: VerifyFlags): Promise<ExitCode> {
    const { json, quiet, quick, hexdump, redact } = flags;
    const [{ verifyPath }, { realFileSystem }] = await Promise.all([
      import('../engine/inspect/verify/verify-path.js'),
      import('../engine/storage-io/real-file-system.js'),
    ]);
    const { output } = this.terminal;
    const fileSystem = realFileSystem();
    const dump = hexdump ? await this.#dump(fileSystem, redact) : undefined;
    const steps = verifyPath(fileSystem, path, { quick });
    let worst: ExitCode = EXIT_CODES.done;
    let step = steps.next();
    for (; step.done !== true; step = steps.next()) {
      const finding = step.value;
      worst = worseExitCode(worst, exitCodeOfSeverity(finding.severity));
      if (quiet) continue;
      if (json)
        output.writeText(`{"finding":${JSON.stringify(finding)}${dump?.findingJson(finding) ?? ''}}\n`);
      else {
        output.writeText(`${findingText(finding)}\n`);
        dump?.writeFinding(finding);
      }
      // Reading goes on when nobody listens any more: the exit code is still to come.
      if (output.isFull) await output.flush();
    }
    if (quiet) return worst;
    const summary = step.value;
    output.writeText(json ? `${JSON.stringify({ summary })}\n` : `${summaryText(summary, quick)}\n`);
    await output.flush();
    return worst;
  }

  async #dump(fileSystem: FileSystem, redact: boolean): Promise<RecordDump> {
    const { RecordDump: Dump } = await import('../cli/record-dump.js');
    return Dump.to(this.terminal, fileSystem, { redact });
  }
}

function summaryText(summary: VerifySummary, quick: boolean): string {
  const { path, kind, files, bytes, records, keys, damage, torn, notices } = summary;
  const verdict = damage > 0 ? 'damaged' : torn > 0 ? 'torn tail' : 'good';
  const counts = [
    countedText(files, 'file'),
    formatSize(bytes),
    records > 0 ? countedText(records, 'record') : undefined,
    keys > 0 ? countedText(keys, 'key') : undefined,
    damage > 0 ? countedText(damage, 'damaged place') : undefined,
    torn > 0 ? `${torn} torn` : undefined,
    notices > 0 ? countedText(notices, 'notice') : undefined,
    quick ? 'values not read' : undefined,
  ].filter((part) => part !== undefined);
  return visibleText(`${path}: ${verdict}${kind === undefined ? '' : `, ${kind}`}, ${counts.join(', ')}`);
}
