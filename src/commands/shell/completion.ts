import { textArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import type { Shell } from '../../cli/completion/completion-script.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';

/** `completion SHELL`: a script that completes commands, flags, their values, and keys of the store that a line names. */
export default class Completion extends StatelogCommand {
  static override summary = 'print a script that completes command lines in a shell';
  static override args = {
    shell: textArgument({
      required: true,
      options: ['bash', 'zsh', 'fish'],
      description:
        'bash: source <(statelog completion bash); zsh: the same; fish: statelog completion fish | source',
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args } = await this.parse(Completion);
    const { completionScript } = await import('../../cli/completion/completion-script.js');
    this.terminal.output.writeText(await completionScript(args.shell as Shell, this.commands));
    return EXIT_CODES.done;
  }
}
