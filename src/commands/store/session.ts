import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  encodingFlags,
  encodingsOf,
  idleFlag,
  largeValuesFlag,
  lockFlags,
  openingOf,
  recoveryFlags,
} from '../../cli/command/flags.js';

/** `session STORE`: requests on standard input, an answer each; on a terminal a shell. */
export default class Session extends StatelogCommand {
  static override summary = 'answer requests, one JSON object a line, until the input ends';
  static override args = { store: storeArgument };
  static override flags = {
    ...encodingFlags,
    ...lockFlags,
    ...recoveryFlags,
    ...largeValuesFlag,
    create: boolean({ description: 'make the store where there is none', default: true, allowNo: true }),
    short: boolean({ description: 'answer in as few bytes as tell it: =VALUE, + for yes, - for no' }),
    ...idleFlag(),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Session);
    const encodings = encodingsOf(flags);
    const [{ StoreLease }, { runSession }] = await Promise.all([
      import('../../cli/command/store-lease.js'),
      import('../../cli/session/run-session.js'),
    ]);
    const opening = {
      ...openingOf(flags),
      largeValues: flags['large-values'],
      create: flags.create ? {} : undefined,
    };
    const store = new StoreLease({
      path: args.store,
      opening,
      notices: this.writeNotices,
      idleMs: flags.idle,
    });
    try {
      // Now, so that a wrong path ends it before anything is asked.
      await store.find();
      if (this.terminal.inputIsTerminal && this.terminal.outputIsTerminal) {
        const { runShell } = await import('../../cli/session/shell.js');
        await runShell(store, this.terminal, { encodings });
      } else await runSession(store, this.terminal, { encodings, isShort: flags.short });
      return EXIT_CODES.done;
    } finally {
      store.letGo();
    }
  }
}
