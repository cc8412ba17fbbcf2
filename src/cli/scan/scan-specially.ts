import { toUtf8 } from '../../engine/bytes/text/text.js';
import type { EntryRange } from '../../engine/entry-cursor.js';
import type { ReadableStore, StoredEntry } from '../../engine/store/store.js';
import { decodeArgument, type Encodings } from '../values/encoding.js';
import { parsePattern } from '../command/pattern.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import { usageError } from '../errors/usage-error.js';
import { entryOutput } from '../output/entry-lines.js';
import type { EntryOutput } from '../output/entry-output.js';
import { printAll, take, writeEntry } from '../output/print-entries.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleValue } from '../terminal/shown/visible-text.js';
import { type Decoder, decoderOf } from './decoder.js';
import { shellQuoted, variableName } from './env-lines.js';
import { decodedJsonLines } from './decoded-lines.js';
import { parseTemplate } from './template.js';
import { type EntryFilterOptions, wantedEntries } from './value-filter.js';

const NUL = 0x00;

/** The flags of `scan` that say in what form, and by which values. */
export interface ScanForm {
  readonly format?: string | undefined;
  readonly env: boolean;
  readonly raw: boolean;
  readonly decode?: string | undefined;
  readonly value?: string | undefined;
  readonly 'value-prefix'?: string | undefined;
  readonly grep?: string | undefined;
}

/** A scan, as it was asked for. */
export interface SpecialScan {
  readonly flags: ScanForm & {
    readonly json: boolean;
    readonly redact: boolean;
    readonly count: boolean;
    readonly null: boolean;
    readonly 'keys-only': boolean;
  };
  readonly range: EntryRange | undefined;
  readonly encodings: Encodings;
  readonly limit: number;
}

/**
 * Prints entries that are chosen by their values, or in a form of their own.
 * @throws StatelogError `INVALID_ARGUMENT`; `NOT_REPRESENTABLE` for what no shell can hold, before anything is printed
 */
export async function scanSpecially(
  terminal: Terminal,
  store: ReadableStore,
  scan: SpecialScan,
): Promise<ExitCode> {
  const { flags, range, encodings, limit } = scan;
  if (flags.raw && !flags.null)
    throw usageError('--raw goes with -0', 'values may hold line ends: only NUL tells pairs apart');
  const filter = filterOf(flags, encodings);
  const wanted = (): Iterable<StoredEntry> => take(wantedEntries(store.lentEntries(range), filter), limit);
  if (flags.count) {
    let count = 0;
    for (const _ of wanted()) count += 1;
    terminal.output.writeText(flags.json ? `${JSON.stringify({ count })}\n` : `${count}\n`);
    return EXIT_CODES.done;
  }
  // A shell that evaluates the first lines of what fails later is told nothing.
  if (flags.env) for (const entry of wanted()) variableName(entry, range?.prefix);
  const { printed, write } = formOf(terminal, scan);
  await printAll(printed, wanted(), write);
  return EXIT_CODES.done;
}

interface Form {
  readonly printed: EntryOutput;
  readonly write: (entry: StoredEntry) => void;
}

function formOf(terminal: Terminal, scan: SpecialScan): Form {
  const { flags, encodings, range } = scan;
  const decoder = flags.decode === undefined ? undefined : decoderOf(flags.decode);
  if (decoder !== undefined && encodings.value !== 'utf8')
    throw usageError('--decode says how values are shown: leave out --value-encoding');
  const { output } = terminal;
  if (flags.format !== undefined) {
    const parts = parseTemplate(flags.format, encodings);
    return writing(terminal, decoder, (entry) => {
      for (const part of parts) part(output, entry);
    });
  }
  if (flags.env) {
    return writing(terminal, decoder, (entry) => {
      output.writeText(`${variableName(entry, range?.prefix)}=`);
      output.write(shellQuoted(entry.value));
      output.writeText('\n');
    });
  }
  if (flags.raw) {
    return writing(terminal, undefined, ({ key, value }) => {
      for (const bytes of [key, value]) {
        output.write(bytes);
        output.writeByte(NUL);
      }
    });
  }
  return linesOf(terminal, scan, decoder);
}

/** Lines and tables as `scan` prints them, of decoded values where that is asked for. */
function linesOf(terminal: Terminal, { flags, encodings }: SpecialScan, decoder: Decoder | undefined): Form {
  const { json, redact, null: nulEnded } = flags;
  if (json && decoder !== undefined && !flags['keys-only'])
    return decodedJsonLines(terminal.output, encodings, decoder);
  const shown = redact ? { key: encodings.key, value: 'utf8' as const } : encodings;
  const printed = entryOutput(terminal, { encodings: shown, json, nulEnded });
  if (flags['keys-only'] || nulEnded) {
    return {
      printed,
      write: ({ key }) => {
        printed.write(key, undefined);
      },
    };
  }
  return {
    printed,
    write: (entry) => {
      writeEntry(printed, decoded(entry, decoder), { json, redact });
    },
  };
}

/** A form that goes straight to the output; on a terminal nothing of it does anything to that. */
function writing(
  terminal: Terminal,
  decoder: Decoder | undefined,
  write: (entry: StoredEntry) => void,
): Form {
  const { output } = terminal;
  if (terminal.outputIsTerminal) output.passThrough((piece) => toUtf8(visibleValue(piece)));
  const printed = {
    write: () => undefined,
    get isFull() {
      return output.isFull;
    },
    flush: () => output.flush(),
  };
  return {
    printed,
    write: (entry) => {
      write(decoded(entry, decoder));
    },
  };
}

/** An entry with its value as a decoder shows it; as it is where that does not know it. */
function decoded(entry: StoredEntry, decoder: Decoder | undefined): StoredEntry {
  const text = decoder?.(entry.value)?.text;
  return text === undefined ? entry : { ...entry, value: toUtf8(text) };
}

function filterOf(flags: ScanForm, encodings: Encodings): EntryFilterOptions {
  const bytesOf = (name: 'value' | 'value-prefix'): Uint8Array | undefined => {
    const text = flags[name];
    return text === undefined
      ? undefined
      : decodeArgument(text, encodings.value, `--${name}`, '--value-encoding');
  };
  return {
    value: bytesOf('value'),
    valuePrefix: bytesOf('value-prefix'),
    pattern: flags.grep === undefined ? undefined : parsePattern('--grep', flags.grep),
  };
}
