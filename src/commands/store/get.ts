import { boolean } from '@oclif/core/flags';
import { storeArgument, keyArgument } from '../../cli/command/arguments.js';
import { openReadableInput } from '../../cli/command/readable.js';
import type { StatelogError } from '../../engine/errors.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { decodeArgument } from '../../cli/values/encoding.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import { usageError } from '../../cli/errors/usage-error.js';
import { encodingFlags, encodingsOf, textFlag, unsigned64Flag } from '../../cli/command/flags.js';
import { writeJsonField } from '../../cli/text/json-fields.js';
import { visibleValue } from '../../cli/terminal/shown/visible-text.js';

/**
 * `get STORE KEY`: the value's bytes as they are (on a terminal: as it can show them); 1 and nothing where the key is not
 * there. Of several keys, or a batch of them, a JSON object a line; 1 where one is not there.
 */
export default class Get extends StatelogCommand {
  static override summary = "print a key's value, its bytes as they are";
  static override strict = false;
  static override args = { store: storeArgument, key: keyArgument };
  static override urlArguments = ['store'];
  static override flags = {
    ...encodingFlags,
    default: textFlag({
      description: 'print this where the key is not there, and end with 0',
      helpValue: 'V',
    }),
    batch: textFlag({
      description: 'the keys of a batch of lines, - for standard input',
      helpGroup: 'SEVERAL KEYS',
      helpValue: 'FILE',
    }),
    tsv: boolean({
      description: 'the batch has key<TAB>value lines, or keys alone',
      helpGroup: 'SEVERAL KEYS',
    }),
    // `-0`, which oclif has no letter for: flag-values.ts reads it as this.
    null: boolean({
      description: '-0: the values alone, each ended by NUL',
      helpGroup: 'SEVERAL KEYS',
      exclusive: ['json'],
    }),
    at: unsigned64Flag({ description: 'as it was at this epoch', helpValue: 'EPOCH' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, argv, flags } = await this.parse(Get);
    const encodings = encodingsOf(flags);
    const keys = (argv as string[])
      .slice(1)
      .map((text) => decodeArgument(text, encodings.key, 'KEY', '--key-encoding'));
    const fallback = flags.default;
    const instead =
      fallback === undefined
        ? undefined
        : decodeArgument(fallback, encodings.value, '--default', '--value-encoding');
    const { batch, tsv, at, null: nulEnded } = flags;
    if (batch !== undefined && keys.length > 0)
      throw usageError('both keys and --batch were given', 'keys go on the command line or into the batch');
    if (batch === undefined && tsv) throw usageError('--tsv goes with --batch');
    const [key] = keys;
    if (batch !== undefined || keys.length > 1 || nulEnded) {
      if (batch === undefined && key === undefined) throw missingKey();
      const { getMany } = await import('../../cli/output/get-many.js');
      const asked = batch === undefined ? { keys } : { file: batch, tsv };
      return getMany(this.terminal, args.store, asked, {
        encodings,
        instead,
        at,
        nulEnded,
        notice: (finding) => {
          this.notice(finding);
        },
      });
    }
    if (key === undefined) throw missingKey();
    // Loaded here, not at the top: help and wrong calls need no engine.
    const store = await openReadableInput(args.store, this.terminal, { at, only: key });
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

function missingKey(): StatelogError {
  return usageError('KEY is missing', 'name keys, or a batch with --batch FILE');
}
