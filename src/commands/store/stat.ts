import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { inputOf } from '../../cli/command/readable.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { statText } from '../../cli/output/stat-output.js';

/** `stat PATH`: what a path holds, as far as it can be read; judges nothing. */
export default class Stat extends StatelogCommand {
  static override summary = 'what a path holds, as far as it can be read';
  static override args = { path: storeArgument };
  static override urlArguments = ['path'];
  static override flags = {
    digest: boolean({ description: 'read all entries, for the digest of the content' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Stat);
    const { statPath } = await import('../../engine/inspect/stat/stat.js');
    const input = await inputOf(args.path, this.terminal);
    let report;
    try {
      report = statPath(input.fileSystem, args.path, { digest: flags.digest });
    } finally {
      input.close();
    }
    const [damage] = input.findings;
    if (damage !== undefined) report = { ...report, problem: damage.message };
    const { output, outputIsTerminal } = this.terminal;
    output.writeText(flags.json ? `${JSON.stringify(report)}\n` : statText(report, outputIsTerminal));
    await output.flush();
    return EXIT_CODES.done;
  }
}
