import { boolean } from '@oclif/core/flags';
import { storeArgument } from '../../cli/command/arguments.js';
import { openReadableInput } from '../../cli/command/readable.js';
import { StatelogCommand } from '../../cli/program/base-command.js';
import { entryOutput } from '../../cli/output/entry-lines.js';
import type { EntryOutput } from '../../cli/output/entry-output.js';
import { EXIT_CODES, type ExitCode } from '../../cli/errors/exit-codes.js';
import {
  boundFlags,
  countFlag,
  encodingFlags,
  encodingsOf,
  unsigned64Flag,
  pagerFlags,
} from '../../cli/command/flags.js';
import { rangeOf } from '../../cli/command/key-range.js';
import { redactFlags, redactedText, redactedValue } from '../../cli/text/redaction.js';
import { toUtf8 } from '../../engine/bytes/text/text.js';
import { cursorText, versionFields } from '../../engine/fold/format/position-text.js';
import type { StoredEntry } from '../../engine/store/store.js';

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

function* take<T>(items: Iterable<T>, limit: number): Generator<T, void> {
  if (limit === 0) return;
  let taken = 0;
  for (const item of items) {
    yield item;
    if (++taken >= limit) return;
  }
}

/**
 * Prints all items, each of which may be lent until the next one is asked for: what is too large to be copied is handed on before.
 * If one cannot be read, those before it are printed all the same.
 */
async function printAll<Item>(
  printed: EntryOutput,
  items: Iterable<Item>,
  write: (item: Item) => void,
): Promise<void> {
  try {
    for (const item of items) {
      write(item);
      if (printed.isFull && !(await printed.flush())) return;
    }
  } finally {
    await printed.flush();
  }
}

function writeEntry(
  printed: EntryOutput,
  { key, value, version }: StoredEntry,
  { json, redact }: { readonly json: boolean; readonly redact: boolean },
): void {
  if (!json) {
    printed.write(key, redact ? toUtf8(redactedText(value)) : value);
    return;
  }
  const versionField = versionFields(version);
  if (redact) printed.write(key, undefined, { ...redactedValue(value), ...versionField });
  else printed.write(key, value, versionField);
}
