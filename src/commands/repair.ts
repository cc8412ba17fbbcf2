import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../cli/command/arguments.js';
import { StatelogCommand } from '../cli/program/base-command.js';
import { EXIT_CODES, type ExitCode } from '../cli/errors/exit-codes.js';
import { encodingFlags, encodingsOf, lockFlags, sizeFlag, textFlag } from '../cli/command/flags.js';
import { wishesOf, wishFlags } from '../cli/command/repair-flags.js';
import { startProgress } from '../cli/terminal/progress.js';
import { redactFlags } from '../cli/text/redaction.js';
import { repairEventLine, repairNextLine, repairSummaryLine } from '../cli/output/repair-output.js';
import type { RepairSummary } from '../engine/repair/account/report.js';

/** `repair PATH`: cuts a torn tail; with `--into`, brings every good record to a new place. */
export default class Repair extends StatelogCommand {
  static override summary = 'cut an unfinished last write; or bring every good record to a new place';
  static override args = { path: storeArgument };
  static override flags = {
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
    'lost-found': textFlag({
      description: 'a new folder for the bytes of what is lost, with an index',
      helpValue: 'DIR',
      dependsOn: ['into'],
    }),
    'max-loss': sizeFlag({ description: 'refuse to lose more than this' }),
    'dry-run': boolean({ description: 'only say what it would come to' }),
    ...wishFlags,
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Repair);
    const { repairPath } = await import('../engine/repair/repair-path.js');
    const { output } = this.terminal;
    const form = { json: flags.json, keyEncoding: encodingsOf(flags).key, redact: flags.redact };
    const steps = repairPath({
      path: args.path,
      into: flags.into,
      mend: flags.mend,
      lostFound: flags['lost-found'],
      lossBytesMax: flags['max-loss'],
      dryRun: flags['dry-run'],
      waitMs: flags.wait,
      wishes: wishesOf(flags),
    });
    const progress = startProgress(this.terminal, 'repairing', 1);
    try {
      let step = await steps.next();
      for (; step.done !== true; step = await steps.next()) {
        if ('progress' in step.value) {
          progress.advanceTo(step.value.progress.doneBytes / Math.max(1, step.value.progress.totalBytes));
          // The progress display loads, and writes, when the event loop comes round.
          await new Promise(setImmediate);
          continue;
        }
        output.writeText(`${repairEventLine(step.value, form)}\n`);
        // It goes on when nobody listens any more: what it is for is the new place.
        if (output.isFull) await output.flush();
      }
      progress.stop();
      output.writeText(`${repairSummaryLine(step.value, flags.json)}\n`);
      await output.flush();
      const next = repairNextLine(step.value);
      if (next !== undefined) this.say(next);
      return exitCodeOf(step.value);
    } finally {
      progress.stop();
      // Where something was thrown here and not there: what was begun is taken away.
      await steps.return(undefined as never);
    }
  }
}

function exitCodeOf({ gaps, lost, torn, dryRun }: RepairSummary): ExitCode {
  if (gaps > 0 || lost.keys > 0) return EXIT_CODES.damage;
  return torn > 0 && dryRun ? EXIT_CODES.tornTail : EXIT_CODES.done;
}
