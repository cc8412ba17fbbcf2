import type * as Interfaces from '@oclif/core/interfaces';
import { storeArgument } from '../../cli/command/arguments.js';
import { encodingFlags, encodingsOf, textFlag, quietFlag } from '../../cli/command/flags.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { rescueNextLines, RescuePage } from '../../cli/output/repair/rescue-output.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { repairExitCode, tellRepair } from '../../cli/output/repair/tell-repair.js';
import type { RepairOutcome, RepairReport } from '../../cli/report/repair-report.js';
import { reportFlags, reportWish } from '../../cli/report/report-flags.js';
import { withRepairReport } from '../../cli/report/with-repair-report.js';
import { redactFlags } from '../../cli/text/redaction.js';

/** `rescue PATH`: the one command for when something is broken and nobody knows what. */
export default class Rescue extends StatelogCommand {
  static override summary =
    'find out what is there and what is wrong, and bring all that is good to a new place';
  static override args = { path: storeArgument };
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    ...encodingFlags,
    ...redactFlags,
    into: textFlag({ description: 'the new place (default: a free name beside PATH)', helpValue: 'NEW' }),
    backup: textFlag({
      multiple: true,
      description: 'hold what comes out against this, too; may be given again',
      helpValue: 'OTHER',
    }),
    ...reportFlags,
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Rescue);
    const reported = {
      command: 'rescue',
      path: args.path,
      keyEncoding: encodingsOf(flags).key,
      wish: reportWish(flags),
      kept: [args.path, ...(flags.into === undefined ? [] : [flags.into]), ...(flags.backup ?? [])],
      terminal: this.terminal,
      version: this.config.version,
      write: this.writeReport.bind(this),
    } as const;
    return withRepairReport(reported, (report) => this.#rescue(args.path, flags, report));
  }

  async #rescue(
    path: string,
    flags: Interfaces.InferredFlags<typeof Rescue.flags> & { readonly json: boolean },
    report: RepairReport | undefined,
  ): Promise<RepairOutcome> {
    const { rescuePath } = await import('../../engine/repair/rescue.js');
    const { output } = this.terminal;
    const form = { json: flags.json, keyEncoding: encodingsOf(flags).key, redact: flags.redact };
    const page = new RescuePage(form);
    const steps = rescuePath({ path, into: flags.into, backups: flags.backup });
    const result = await tellRepair(this.terminal, 'rescuing', steps, (event) => {
      report?.event(event);
      return page.event(event);
    });
    output.writeText(page.end(path, result));
    await output.flush();
    const { isSound, repair: summary } = result;
    if (isSound) return { summary, exitCode: EXIT_CODES.done, next: [] };
    return { summary, exitCode: repairExitCode(summary), next: rescueNextLines(path, summary) };
  }
}
