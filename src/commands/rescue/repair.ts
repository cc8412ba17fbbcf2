import { boolean } from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import type { ExitCode } from '../../cli/errors/exit-codes.js';
import {
  encodingFlags,
  encodingsOf,
  lockFlags,
  sizeFlag,
  textFlag,
  quietFlag,
} from '../../cli/command/flags.js';
import { wishesOf, wishFlags } from '../../cli/command/repair-flags.js';
import { repairExitCode, tellRepair } from '../../cli/output/repair/tell-repair.js';
import type { RepairOutcome, RepairReport } from '../../cli/report/repair-report.js';
import { reportFlags, reportWish } from '../../cli/report/report-flags.js';
import { withRepairReport } from '../../cli/report/with-repair-report.js';
import { lostTotalText } from '../../cli/text/lost-text.js';
import { redactFlags } from '../../cli/text/redaction.js';
import { repairEventLine, repairNextLine, repairSummaryLine } from '../../cli/output/repair/repair-output.js';

type RepairFlags = Interfaces.InferredFlags<typeof Repair.flags> & { readonly json: boolean };

/** `repair PATH`: cuts a torn tail; with `--into`, brings every good record to a new place. */
export default class Repair extends StatelogCommand {
  static override summary = 'cut an unfinished last write; or bring every good record to a new place';
  static override args = { path: storeArgument };
  static override isReport = true;
  static override flags = {
    ...quietFlag,
    ...encodingFlags,
    ...lockFlags,
    ...redactFlags,
    into: textFlag({
      description: 'a new place for every good record; PATH stays as it is',
      helpValue: 'NEW',
    }),
    mend: boolean({
      description: 'also keep records that one wrong bit, or one wrong, lost or added byte damaged',
      dependsOn: ['into'],
    }),
    'from-replica': textFlag({
      description:
        'fill what is missing from this copy, backup or artifact, where it proves to be of the same',
      helpValue: 'OTHER',
      dependsOn: ['into'],
    }),
    'lost-found': textFlag({
      description: 'a new folder for the bytes of what is lost, with an index',
      helpValue: 'DIR',
      dependsOn: ['into'],
    }),
    'max-loss': sizeFlag({ description: 'refuse to lose more than this' }),
    'dry-run': boolean({ description: 'only say what it would come to' }),
    ...wishFlags,
    ...reportFlags,
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Repair);
    const { into, 'lost-found': lostFound, 'from-replica': replica } = flags;
    const kept = [args.path, into, lostFound, replica].filter((path) => path !== undefined);
    const reported = {
      command: 'repair',
      path: args.path,
      keyEncoding: encodingsOf(flags).key,
      wish: reportWish(flags),
      kept,
      terminal: this.terminal,
      version: this.config.version,
      write: this.writeReport.bind(this),
    } as const;
    return withRepairReport(reported, (report) => {
      if (into === undefined) report?.drawBefore();
      return this.#repair(args.path, flags, report);
    });
  }

  async #repair(path: string, flags: RepairFlags, report: RepairReport | undefined): Promise<RepairOutcome> {
    const { repairPath } = await import('../../engine/repair/repair-path.js');
    const { output } = this.terminal;
    const form = { json: flags.json, keyEncoding: encodingsOf(flags).key, redact: flags.redact };
    const steps = repairPath({
      path,
      into: flags.into,
      mend: flags.mend,
      fromReplica: flags['from-replica'],
      lostFound: flags['lost-found'],
      lossBytesMax: flags['max-loss'],
      dryRun: flags['dry-run'],
      waitMs: flags.wait,
      wishes: wishesOf(flags),
    });
    const summary = await tellRepair(this.terminal, 'repairing', steps, (event) => {
      report?.event(event);
      return `${repairEventLine(event, form)}\n`;
    });
    const lost = flags.json ? undefined : lostTotalText(summary.lost.byCore);
    if (lost !== undefined) output.writeText(`${lost}\n`);
    output.writeText(`${repairSummaryLine(summary, flags.json)}\n`);
    await output.flush();
    const next = repairNextLine(summary);
    if (next !== undefined) this.say(next);
    return { summary, exitCode: repairExitCode(summary), next: next === undefined ? [] : [next] };
  }
}
