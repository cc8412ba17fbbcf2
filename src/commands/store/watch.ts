import { boolean } from '@oclif/core/flags';
import type { WatchEvent } from '../../engine/inspect/watch/watch-step.js';
import { storeArgument } from '../../cli/command/arguments.js';
import { countFlag, encodingFlags, encodingsOf, quietFlag, textFlag } from '../../cli/command/flags.js';
import { rangeOf } from '../../cli/command/key-range.js';
import type { ExitCode } from '../../cli/errors/exit-codes.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { runInterruptibly } from '../../cli/program/interruptible.js';
import { redactFlags } from '../../cli/text/redaction.js';

/** `watch STORE`: what is there, and every change of it, once and in order, until a signal comes. */
export default class Watch extends StatelogCommand {
  static override summary = 'tell of every change of a store, once and in order';
  static override args = { store: storeArgument };
  static override flags = {
    ...encodingFlags,
    ...redactFlags,
    ...quietFlag,
    prefix: textFlag({ description: 'only keys that start with it', helpValue: 'P' }),
    'from-now': boolean({ description: 'later changes alone, not what is there' }),
    limit: countFlag({ description: 'end after so many', least: 1 }),
    exec: textFlag({
      description:
        'run this for each, with the change in its environment and the value on its standard input',
      helpValue: 'CMD',
      exclusive: ['redact'],
    }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Watch);
    const encodings = encodingsOf(flags);
    const range = rangeOf({ prefix: flags.prefix }, encodings);
    const [{ WatchedChanges }, { ChangeOutput, failureLine }, { ChangeCommand }, { runWatch }] =
      await Promise.all([
        import('../../cli/watch/watched-changes.js'),
        import('../../cli/watch/change-output.js'),
        import('../../cli/watch/change-command.js'),
        import('../../cli/watch/run-watch.js'),
      ]);
    const changes = await WatchedChanges.open(args.store, { range, withContent: !flags['from-now'] });
    const command =
      flags.exec === undefined ? undefined : new ChangeCommand(flags.exec, args.store, encodings.key);
    const { output } = this.terminal;
    const work = {
      changes,
      output,
      printed: new ChangeOutput(this.terminal, { encodings, json: flags.json, redact: flags.redact }),
      command,
      limit: flags.limit ?? Infinity,
      notice: this.writeNotices.notice,
      onFailure: (how: string, event: WatchEvent) => {
        this.terminal.writeError(`${failureLine(how, event, encodings, flags.json)}\n`);
      },
    };
    if (!flags.quiet) this.say('watching; Ctrl-C ends it');
    try {
      return await runInterruptibly((interruption) => runWatch(work, interruption), {
        wake: () => {
          command?.stop();
          changes.wake();
        },
        abandonOutput: () => {
          output.abandon();
        },
        isWaitedFor: command !== undefined,
        last: async () => {
          await output.flush();
        },
      });
    } finally {
      changes.close();
    }
  }
}
