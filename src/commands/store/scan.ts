import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { openReadableInput } from '../../cli/command/readable.js';
import type { ScanForm } from '../../cli/scan/scan-specially.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { entryOutput } from '../../cli/output/entry-lines.js';
import { printAll, take, writeEntry } from '../../cli/output/print-entries.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  boundFlags,
  countFlag,
  encodingFlags,
  encodingsOf,
  textFlag,
  unsigned64Flag,
  pagerFlags,
} from '../../cli/command/flags.js';
import { rangeOf } from '../../cli/command/key-range.js';
import { redactFlags } from '../../cli/text/redaction.js';
import { cursorText } from '../../engine/fold/format/position-text.js';

/** `scan STORE`: entries in key order. */
export default class Scan extends StatelogCommand {
  static override summary = 'print entries in key order';
  static override args = { store: storeArgument };
  static override urlArguments = ['store'];
  static override flags = {
    ...encodingFlags,
    ...redactFlags,
    ...pagerFlags,
    ...boundFlags,
    reverse: boolean({ description: 'from the greatest key down' }),
    limit: countFlag({ description: 'no more than so many' }),
    'keys-only': boolean({ description: 'no values' }),
    count: boolean({ description: 'print how many there are, and nothing else' }),
    format: textFlag({
      description: "print this for each entry, such as '{key}={value:json}\\n'",
      helpGroup: 'FORM',
      helpValue: 'TEMPLATE',
      exclusive: ['json', 'count', 'keys-only', 'null', 'env', 'redact'],
    }),
    env: boolean({
      description: "KEY='value' lines for a shell's eval; --prefix is left out of the names",
      helpGroup: 'FORM',
      exclusive: ['json', 'count', 'keys-only', 'null', 'redact'],
    }),
    raw: boolean({
      description: 'with -0: keys and values, each ended by NUL',
      helpGroup: 'FORM',
      exclusive: ['keys-only', 'redact', 'decode'],
    }),
    decode: textFlag({
      description: 'show values as json, msgpack, or as this command prints them',
      helpGroup: 'FORM',
      helpValue: 'FORM|CMD',
      exclusive: ['redact'],
    }),
    value: textFlag({ description: 'only entries with this value', helpValue: 'V' }),
    'value-prefix': textFlag({ description: 'only values that start with it', helpValue: 'V' }),
    grep: textFlag({ description: 'only where the key or the value has a match', helpValue: 'RE' }),
    // `-0`, which oclif has no letter for: flag-values.ts reads it as this.
    null: boolean({ description: '-0: keys only, each ended by NUL', exclusive: ['json', 'count'] }),
    at: unsigned64Flag({ description: 'as it was at this epoch', helpValue: 'EPOCH' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Scan);
    await this.page(flags);
    const encodings = encodingsOf(flags);
    const range = rangeOf(flags, encodings);
    const store = await openReadableInput(args.store, this.terminal, { at: flags.at });
    try {
      for (const finding of store.notices) this.notice(finding);
      const limit = flags.limit ?? Infinity;
      if (isSpecial(flags)) {
        const { scanSpecially } = await import('../../cli/scan/scan-specially.js');
        return await scanSpecially(this.terminal, store, { flags, range, encodings, limit });
      }
      if (flags.count) {
        const count = Math.min(store.count(range), limit);
        this.terminal.output.writeText(flags.json ? `${JSON.stringify({ count })}\n` : `${count}\n`);
        return EXIT_CODES.done;
      }
      const { json, redact, null: nulEnded } = flags;
      const printed = entryOutput(this.terminal, {
        encodings: redact ? { key: encodings.key, value: 'utf8' } : encodings,
        json,
        nulEnded,
      });
      if (flags['keys-only'] || nulEnded) {
        await printAll(printed, take(store.keys(range), limit), (key) => {
          printed.write(key, undefined);
        });
      } else {
        await printAll(printed, take(store.lentEntries(range), limit), (entry) => {
          writeEntry(printed, entry, { json, redact });
        });
        // A cursor says that all up to it is there, and so stands behind all of it.
        const cursor = isWhole(flags) ? cursorText(store.cursor) : undefined;
        if (json && cursor !== undefined) this.terminal.output.writeText(`${JSON.stringify({ cursor })}\n`);
      }
      return EXIT_CODES.done;
    } finally {
      store.close();
    }
  }
}

/** True where entries are chosen by their values, or printed in a form that is loaded only then. */
function isSpecial(flags: ScanForm): boolean {
  const { format, env, raw, decode, value, 'value-prefix': valuePrefix, grep } = flags;
  return env || raw || [format, decode, value, valuePrefix, grep].some((one) => one !== undefined);
}

/** True where all entries are asked for. */
function isWhole(flags: {
  readonly prefix?: string | undefined;
  readonly from?: string | undefined;
  readonly after?: string | undefined;
  readonly to?: string | undefined;
  readonly limit?: number | undefined;
}): boolean {
  const { prefix, from, after, to, limit } = flags;
  return [prefix, from, after, to, limit].every((bound) => bound === undefined);
}
