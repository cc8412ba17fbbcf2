import { custom } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { countFlag } from '../../cli/command/flags.js';
import type { StoreKind } from '../../engine/inspect/open-options.js';

const KINDS: readonly StoreKind[] = ['directory', 'log'];

/** `create STORE`: an empty store; `ALREADY_EXISTS` where anything is there. */
export default class Create extends StatelogCommand {
  static override summary = 'make an empty store';
  static override args = { store: storeArgument };
  static override flags = {
    kind: custom<StoreKind>({
      description: 'what to make (default: log for *.snap, else directory)',
      options: [...KINDS],
    })(),
    cores: countFlag({ description: 'parts of a state directory, a log each (default: 1)', least: 1 }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Create);
    const { createStore } = await import('../../engine/inspect/open.js');
    const kind = createStore(args.store, { kind: flags.kind, cores: flags.cores });
    if (flags.json) this.terminal.output.writeText(`${JSON.stringify({ path: args.store, kind })}\n`);
    return EXIT_CODES.done;
  }
}
