import { storeArgument } from '../../cli/command/arguments.js';
import { encodingFlags, encodingsOf, textFlag } from '../../cli/command/flags.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { RescuePage } from '../../cli/output/rescue-output.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { repairExitCode, tellRepair } from '../../cli/output/tell-repair.js';
import { redactFlags } from '../../cli/text/redaction.js';

/** `rescue PATH`: the one command for when something is broken and nobody knows what. */
export default class Rescue extends StatelogCommand {
  static override summary =
    'find out what is there and what is wrong, and bring all that is good to a new place';
  static override args = { path: storeArgument };
  static override flags = {
    ...encodingFlags,
    ...redactFlags,
    into: textFlag({ description: 'the new place (default: a free name beside PATH)', helpValue: 'NEW' }),
    backup: textFlag({
      multiple: true,
      description: 'hold what comes out against this, too; may be given again',
      helpValue: 'OTHER',
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Rescue);
    const { rescuePath } = await import('../../engine/repair/rescue.js');
    const { output } = this.terminal;
    const form = { json: flags.json, keyEncoding: encodingsOf(flags).key, redact: flags.redact };
    const page = new RescuePage(form);
    const steps = rescuePath({ path: args.path, into: flags.into, backups: flags.backup });
    const summary = await tellRepair(this.terminal, 'rescuing', steps, (event) => page.event(event));
    output.writeText(page.end(args.path, summary));
    await output.flush();
    return summary.isSound ? EXIT_CODES.done : repairExitCode(summary.repair);
  }
}
