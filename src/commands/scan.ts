import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../cli/arguments.js';
import { StatelogCommand } from '../cli/base-command.js';
import { decodeArgument, type Encodings } from '../cli/encoding.js';
import { entryOutput, type EntryOutput } from '../cli/entry-output.js';
import { EXIT_CODES, type ExitCode } from '../cli/exit-codes.js';
import { countFlag, encodingFlags, encodingsOf, textFlag, unsigned64Flag } from '../cli/flags.js';
import { redactFlags, redactedText, redactedValue } from '../cli/redaction.js';
import type { EntryRange } from '../engine/entry-cursor.js';
import type { ReadableStore, StoredEntry } from '../engine/store/store.js';

const BOUNDS = ['prefix', 'from', 'after', 'to'] as const;

/** What is printed of each entry. */
interface Shown {
  readonly json: boolean;
  readonly keysOnly: boolean;
  readonly redact: boolean;
}

/** `scan STORE`: entries in key order. */
export default class Scan extends StatelogCommand {
  static override summary = 'print entries in key order';
  static override args = { store: storeArgument };
  static override flags = {
    ...encodingFlags,
    ...redactFlags,
    prefix: textFlag({ description: 'only keys that start with it', helpValue: 'P' }),
    from: textFlag({ description: 'only this key and greater ones', helpValue: 'A' }),
    after: textFlag({ description: 'only greater keys', helpValue: 'A' }),
    to: textFlag({ description: 'only lesser keys', helpValue: 'B' }),
    reverse: boolean({ description: 'from the greatest key down' }),
    limit: countFlag({ description: 'no more than so many' }),
    'keys-only': boolean({ description: 'no values' }),
    count: boolean({ description: 'print how many there are, and nothing else' }),
    null: boolean({ char: '0', description: 'keys only, each ended by NUL', exclusive: ['json', 'count'] }),
    at: unsigned64Flag({ description: 'as it was at this epoch', helpValue: 'EPOCH' }),
  };

  override async run(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Scan);
    const encodings = encodingsOf(flags);
    const range = rangeOf(flags, encodings);
    const { openReadable } = await import('../engine/inspect/open.js');
    const store = openReadable(args.store, { at: flags.at });
    try {
      for (const finding of store.notices) this.notice(finding);
      const limit = flags.limit ?? Infinity;
      if (flags.count) {
        const count = Math.min(store.count(range), limit);
        this.terminal.output.writeText(flags.json ? `${JSON.stringify({ count })}\n` : `${count}\n`);
        return EXIT_CODES.done;
      }
      const { json, redact, null: nulEnded } = flags;
      const shown: Shown = { json, redact, keysOnly: flags['keys-only'] || nulEnded };
      const printedEncodings = redact ? { key: encodings.key, value: 'utf8' as const } : encodings;
      const printed = entryOutput(this.terminal, { encodings: printedEncodings, json, nulEnded });
      await printEntries(store, range, limit, (entry) => {
        print(printed, entry, shown);
        return printed;
      });
      // Also where reading failed on the way, what was good is printed first.
      return EXIT_CODES.done;
    } finally {
      store.close();
    }
  }
}

/** Undefined where all keys are asked for. */
function rangeOf(
  flags: { readonly reverse: boolean } & Readonly<Partial<Record<(typeof BOUNDS)[number], string | undefined>>>,
  encodings: Encodings,
): EntryRange | undefined {
  const range: { -readonly [name in keyof EntryRange]: EntryRange[name] } = {};
  for (const name of BOUNDS) {
    const text = flags[name];
    if (text !== undefined) range[name] = decodeArgument(text, encodings.key, `--${name}`, '--key-encoding');
  }
  if (flags.reverse) range.reverse = true;
  return Object.keys(range).length === 0 ? undefined : range;
}
