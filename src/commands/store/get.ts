import { storeArgument, textArgument } from '../../cli/command/arguments.js';
import { openReadableInput } from '../../cli/command/readable.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { decodeArgument } from '../../cli/command/encoding.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { encodingFlags, encodingsOf, textFlag, unsigned64Flag } from '../../cli/command/flags.js';
import { writeJsonField } from '../../cli/text/json-fields.js';
import { visibleValue } from '../../cli/terminal/visible-text.js';

/** `get STORE KEY`: the value's bytes as they are (on a terminal: as it can show them); 1 and nothing where the key is not there. */
export default class Get extends StatelogCommand {
  static override summary = "print a key's value, its bytes as they are";
  static override args = { store: storeArgument, key: textArgument({ required: true }) };
  static override urlArguments = ['store'];
  static override flags = {
    ...encodingFlags,
    default: textFlag({
      description: 'print this where the key is not there, and end with 0',
      helpValue: 'V',
    }),
    at: unsigned64Flag({ description: 'as it was at this epoch', helpValue: 'EPOCH' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Get);
    const encodings = encodingsOf(flags);
    const key = decodeArgument(args.key, encodings.key, 'KEY', '--key-encoding');
    const fallback = flags.default;
    const instead =
      fallback === undefined
        ? undefined
        : decodeArgument(fallback, encodings.value, '--default', '--value-encoding');
    // Loaded here, not at the top: help and wrong calls need no engine.
    const store = await openReadableInput(args.store, this.terminal, { at: flags.at, only: key });
    const { output } = this.terminal;
    try {
      for (const finding of store.notices) this.notice(finding);
      const value = store.get(key)?.value ?? instead;
      if (value === undefined) return EXIT_CODES.no;
      if (flags.json) {
        output.writeText('{');
        writeJsonField(output, 'key', key, encodings.key);
        output.writeText(',');
        writeJsonField(output, 'value', value, encodings.value);
        output.writeText('}\n');
      } else if (this.terminal.outputIsTerminal) {
        output.writeText(visibleValue(value));
      } else {
        output.write(value);
      }
      await output.flush();
      return EXIT_CODES.done;
    } finally {
      store.close();
    }
  }
}
