import { boolean } from '@oclif/core/flags';
import { textArgument } from '../../../src/cli/command/arguments.js';
import { StatelogCommand } from '../../../src/cli/program/base-command.js';
import { entryOutput } from '../../../src/cli/output/entry-lines.js';
import type { ExitCode } from '../../../src/cli/errors/exit-codes.js';
import {
  countFlag,
  encodingFlags,
  encodingsOf,
  lockFlags,
  signed64Flag,
  sizeFlag,
  textFlag,
  timeFlag,
  unsigned64Flag,
} from '../../../src/cli/command/flags.js';
import { DEEDS, type Deed } from './deeds.js';

/** A command that shows how it was parsed, or does one of the `DEEDS`. */
export default class Probe extends StatelogCommand {
  static override summary = 'shows what it was given';
  static override args = {
    deed: textArgument({ required: true }),
    word: textArgument(),
  };
  static override flags = {
    ...encodingFlags,
    prefix: textFlag({ char: 'p' }),
    from: textFlag(),
    epoch: unsigned64Flag(),
    cursor: signed64Flag(),
    limit: countFlag({ char: 'n', least: 1, greatest: 10 }),
    since: timeFlag(),
    'max-loss': sizeFlag(),
    ...lockFlags,
    null: boolean({ description: 'end keys with NUL (-0)' }),
    quiet: boolean({ char: 'q', exclusive: ['limit'] }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Probe);
    const deed = DEEDS[args.deed as Deed] as (typeof DEEDS)[Deed] | undefined;
    if (deed !== undefined) return deed(this.terminal);
    if (args.deed === 'entries') {
      const printed = entryOutput(this.terminal, {
        encodings: encodingsOf(flags),
        json: flags.json,
        nulEnded: flags.null,
      });
      printed.write(Buffer.from('k\t1'), Buffer.from('v\n1'));
      printed.write(Buffer.from('k2'), Buffer.from([0xff]));
      await printed.flush();
      return 0;
    }
    const shown = { args, flags };
    this.terminal.output.writeText(
      `${JSON.stringify(shown, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}\n`,
    );
    return 0;
  }
}
