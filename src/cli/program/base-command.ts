import { Command } from '@oclif/core/command';
import { boolean } from '@oclif/core/flags';
import type { Config } from '@oclif/core/config';
import type * as Interfaces from '@oclif/core/interfaces';
import { verifyHint } from '../../engine/bytes/text/command-hints.js';
import { StatelogError } from '../../engine/errors.js';
import type { Finding } from '../../engine/finding.js';
import { withSystemHint } from '../errors/system-hint.js';
import { asStatelogError, errorJson, errorLine, exitCodeOf } from '../errors/error-rendering.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import { isUrl } from '../values/url-text.js';
import { protectFlagValues, readingMarked } from '../command/flag-values.js';
import { isParserError, usageErrorFrom } from './parser-errors.js';
import { silentTerminal } from '../terminal/silent-terminal.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleJson } from '../terminal/shown/unseen-characters.js';
import { usageError } from '../errors/usage-error.js';
import { visibleText } from '../terminal/shown/visible-text.js';

type Flags = Record<string, unknown>;
type Args = Record<string, unknown>;

/** The commands of the program by name, loaded when they are asked for. */
export type CommandModules = Readonly<Record<string, () => Promise<{ readonly default: unknown }>>>;

/** Thrown by `parse` where `--help` was asked for: no failure, and not to be caught by a command. */
export class HelpRequest extends Error {
  override readonly name = 'HelpRequest';
}

/**
 * The base of every command: parse, call the engine once, render. `run` returns the exit code or throws;
 * `main.ts` says what was thrown and ends the process.
 */
export abstract class StatelogCommand extends Command {
  static override baseFlags = {
    json: boolean({ description: 'print one JSON object a line, errors too', helpGroup: 'GLOBAL' }),
    'no-color': boolean({ description: 'no colour, like NO_COLOR', helpGroup: 'GLOBAL' }),
  };

  /** The arguments that may be the URL of a snapshot in a bucket: all others are paths. */
  static urlArguments: readonly string[] = [];

  /**
   * True where all that a command prints tells how its work went, so that `--quiet` leaves nothing of it; or tells by its flags
   * whether that is so.
   */
  static isReport: boolean | ((flags: Flags) => boolean) = false;

  protected terminal: Terminal;
  /** All commands, for the one that tells a shell about them. */
  commands: CommandModules = {};
  /** The paths that the command reads or writes, as the user named them. */
  #paths: readonly string[] = [];
  /** True once `--json` was seen: errors are then objects, too. */
  wantsJson = false;
  #isQuiet = false;
  /** Takes remarks of recovery, with `--quiet`, too. */
  readonly #spoken: Terminal;

  constructor(argv: string[], config: Config, terminal: Terminal) {
    super(argv, config);
    this.terminal = terminal;
    this.#spoken = terminal;
  }

  abstract override run(): Promise<ExitCode>;

  /**
   * The command's arguments and flags.
   * @throws StatelogError `INVALID_ARGUMENT`, in one line, for what oclif's parser refuses
   */
  protected override async parse<F extends Flags, B extends Flags, A extends Args>(
    options?: Interfaces.Input<F, B, A>,
    argv: string[] = this.argv,
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const input = options ?? (this.ctor as unknown as Interfaces.Input<F, B, A>);
    const definitions = { ...input.baseFlags, ...input.flags };
    const known = protectFlagValues(argv, definitions);
    this.wantsJson = known.wantsJson;
    if (known.wantsHelp) throw new HelpRequest();
    let parsed: Interfaces.ParserOutput<F, B, A>;
    try {
      parsed = await super.parse<F, B, A>(
        { ...input, baseFlags: {}, flags: readMarkedValues(definitions) } as Interfaces.Input<F, B, A>,
        known.argv,
      );
    } catch (error) {
      if (!isParserError(error)) throw error;
      throw usageErrorFrom(error, this.id ?? '', Object.keys(definitions));
    }
    // oclif sorts them by where a word like each stands first on the line, the values of flags included.
    parsed.argv = parsed.raw.flatMap((token) => (token.type === 'arg' ? [token.input] : []));
    refuseEmpty(parsed);
    refuseUrls(parsed.args, (this.ctor as unknown as typeof StatelogCommand).urlArguments);
    if (argv.some((text) => mayLeadThroughLinks(text) || lacksBytes(text))) await nameAsFound(parsed);
    if (this.wantsJson && this.terminal.outputIsTerminal) this.terminal.output.passThrough(visibleJson);
    this.#paths = pathsOf(parsed.args);
    if (parsed.flags['quiet'] === true) this.#beQuiet(parsed.flags);
    return parsed;
  }

  /** Adds a hint to an error after damage, on the path that the command was given, or after a refusal of the system. */
  withHint(error: StatelogError): StatelogError {
    const { path: file, ...details } = error.details;
    const [first] = this.#paths;
    if (error.code !== 'DAMAGED' || first === undefined) return withSystemHint(error);
    const path = this.#paths.find((one) => file === one || file?.startsWith(`${one}/`) === true) ?? first;
    return new StatelogError(error.code, error.message, {
      ...details,
      path: file,
      hint: verifyHint(path),
      cause: error,
    });
  }

  /** Says one thing worth knowing, on standard error. */
  protected notice(finding: Finding): void {
    const { message, file, offset, bytes, hint } = finding;
    const place = offset === 0 && bytes === 0 ? file : `${file}, byte ${offset}`;
    const line = [`${message}: ${place}`, hint].filter((part) => part !== undefined).join('; ');
    this.#spoken.writeError(
      this.wantsJson ? `${JSON.stringify({ finding })}\n` : `${visibleText(`statelog: ${line}`)}\n`,
    );
  }

  /** Handles the remarks of `withWritable`: the acts of recovery, and failures that stopped nothing. */
  protected readonly writeNotices = {
    notice: (finding: Finding): void => {
      this.notice(finding);
    },
    warn: (thrown: unknown): void => {
      this.sayError(asStatelogError(thrown));
    },
  };

  /** Writes a report beside what is printed. A failure is told, and is an exit code, since what was found may matter more. */
  protected async writeReport(write: () => Promise<void>, quiet = false): Promise<ExitCode> {
    try {
      await write();
      return EXIT_CODES.done;
    } catch (thrown) {
      const error = asStatelogError(thrown);
      if (!quiet) this.sayError(error);
      return exitCodeOf(error);
    }
  }

  /** Says an error that does not end the command. */
  protected sayError(said: StatelogError): void {
    const error = withSystemHint(said);
    this.#spoken.writeError(`${this.wantsJson ? errorJson(error) : errorLine(error)}\n`);
  }

  /** Has output that is longer than a terminal's screen go through a pager. */
  protected async page(flags: { readonly 'no-pager': boolean }): Promise<void> {
    if (!flags['no-pager']) await this.terminal.page?.();
  }

  #beQuiet(flags: Flags): void {
    this.#isQuiet = true;
    const { isReport } = this.ctor as unknown as typeof StatelogCommand;
    if (typeof isReport === 'boolean' ? isReport : isReport(flags))
      this.terminal = silentTerminal(this.terminal);
  }

  /** Says one line about what is going on, on standard error; nothing with `--json` or `--quiet`. */
  protected say(line: string): void {
    if (!this.wantsJson && !this.#isQuiet) this.terminal.writeError(`${visibleText(`statelog: ${line}`)}\n`);
  }
}

/**
 * Arguments that name what a command opens, what it reads before what it makes. Those who look at damage themselves say
 * what to do about it.
 */
const PATH_ARGUMENTS = ['source', 'store', 'a', 'b'] as const;
/** Flags that name a file or a store. */
const PATH_FLAGS = [
  'backup',
  'batch',
  'file',
  'from-replica',
  'into',
  'lost-found',
  'onto',
  'prometheus',
  'rejects',
  'report',
  'value-to',
] as const;
const IS_SET = 'is the variable set?';

/**
 * Nothing has an empty name: it is what a shell makes of a variable that is not set. Values may be empty.
 * @throws StatelogError `INVALID_ARGUMENT`
 */
function refuseEmpty({ args, argv, flags }: { args: Args; argv: unknown[]; flags: Flags }): void {
  for (const [name, text] of Object.entries(args)) {
    if (text === '' && name !== 'value') throw usageError(`${name.toUpperCase()} is empty`, IS_SET);
  }
  for (const name of PATH_FLAGS) {
    if ([flags[name]].flat().includes('')) throw usageError(`--${name} is empty`, IS_SET);
  }
  // Those that have no name of their own: the keys of `delete`, the paths of `verify`.
  if (argv.slice(Object.keys(args).length).includes('')) throw usageError('an argument is empty', IS_SET);
}

/** Arguments that name something on disk, unless the command takes URLs for them. */
const PLACE_ARGUMENTS = [...PATH_ARGUMENTS, 'path', 'destination'] as const;

/** True where a path may mean another place than its text says: it goes up, or ends in a slash. */
function mayLeadThroughLinks(text: string): boolean {
  return text.includes('..') || text.endsWith('/') || text.endsWith('/.');
}

/** True where a path may not be UTF-8: Node puts U+FFFD for bytes that are not, and two such paths may be one afterwards. */
function lacksBytes(text: string): boolean {
  return text.includes('\ufffd');
}

/**
 * Puts paths as the system finds them in the place of those that were named.
 * @throws StatelogError as `namedPath`; `INVALID_ARGUMENT` for a path that is not UTF-8
 */
async function nameAsFound(parsed: { args: Args; argv: unknown[]; flags: Flags }): Promise<void> {
  const [{ namedPath }, { realFileSystem }] = await Promise.all([
    import('../../engine/storage-io/owners/named-path.js'),
    import('../../engine/storage-io/real/real-file-system.js'),
  ]);
  const found = (text: unknown): unknown => {
    if (typeof text !== 'string' || isUrl(text)) return text;
    if (lacksBytes(text) && realFileSystem().status(text) === undefined) throw notUtf8(text);
    return mayLeadThroughLinks(text) ? namedPath(realFileSystem(), text) : text;
  };
  const { args, argv, flags } = parsed;
  // Of a command that takes any number of paths each one is; behind a store there are keys.
  parsed.argv = argv.map((text, at) => (at === 0 || 'path' in args ? found(text) : text));
  for (const name of [...PLACE_ARGUMENTS, 'fold'])
    if (name in args) Object.assign(args, { [name]: found(args[name]) });
  for (const name of PATH_FLAGS) {
    const value = flags[name];
    if (value !== undefined)
      Object.assign(flags, { [name]: Array.isArray(value) ? value.map(found) : found(value) });
  }
}

function notUtf8(path: string): StatelogError {
  const hint = 'names have to be UTF-8: rename the file or the folder, or choose another name';
  return usageError(`the path ${path} is not UTF-8, and its bytes are not known`, hint);
}

/**
 * A URL that is taken for a path would make a folder of its scheme's name.
 * @throws StatelogError `INVALID_ARGUMENT`
 */
function refuseUrls(args: Args, urlArguments: readonly string[]): void {
  for (const name of PLACE_ARGUMENTS) {
    const text = args[name];
    if (typeof text !== 'string' || !isUrl(text) || urlArguments.includes(name)) continue;
    const hint = 'export and import take a URL, and so does whatever reads a snapshot';
    throw usageError(`${name.toUpperCase()} is a URL, and this command works on what lies on disk`, hint);
  }
}

function pathsOf(args: Args): string[] {
  return PATH_ARGUMENTS.flatMap((name) => {
    const text = args[name];
    return typeof text === 'string' ? [text.replace(/(.)\/+$/, '$1')] : [];
  });
}

function readMarkedValues(
  definitions: Readonly<Record<string, { type: string; parse?: unknown }>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [name, readingMarked(definition)]),
  );
}
