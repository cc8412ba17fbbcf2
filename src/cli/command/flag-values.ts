import { usageError } from '../errors/usage-error.js';

/**
 * oclif takes `--prefix -x` and `--prefix=--json` for a flag without its value, where getopt
 * takes what follows for the value, whatever it is. A script's `--prefix "$p"` needs getopt's
 * way. So values that start with `-` get a NUL before them, which no argument can hold by
 * itself, and lose it again before a flag's own `parse` sees them.
 */
const MARK = '\0';

/** The part of a flag that is needed to tell its value from the next flag. */
interface FlagShape {
  readonly type: string;
  readonly char?: string | undefined;
  readonly parse?: unknown;
}

/** The command line in a form that oclif's parser reads as getopt would. */
export interface ProtectedArguments {
  readonly argv: string[];
  /** True where `--help` or `-h` stands as a flag, not as a value and not after `--`. */
  readonly wantsHelp: boolean;
  /** True if `--json` is given, even if the rest cannot be parsed. */
  readonly wantsJson: boolean;
}

/**
 * Marks the values of flags that take one.
 * @param argv the arguments after the command's name
 * @param flags the command's flags by name
 * @throws StatelogError `INVALID_ARGUMENT` for a value of a flag that takes none
 */
export function protectFlagValues(
  argv: readonly string[],
  flags: Readonly<Record<string, FlagShape>>,
): ProtectedArguments {
  const result: string[] = [];
  let wantsHelp = false;
  let wantsJson = false;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index]!;
    if (word === '--') {
      result.push(...argv.slice(index));
      break;
    }
    if (word === '--help' || word === '-h') wantsHelp = true;
    if (word === '--json') wantsJson = true;
    const { name, value } = splitLongFlag(word);
    const flag = name === undefined ? flagOfLetter(word, flags) : flags[name];
    if (flag !== undefined && flag.type !== 'option' && value !== undefined) {
      throw usageError(`--${String(name)} takes no value, and ${value} was given`, `leave out =${value}`);
    }
    if (flag?.type !== 'option' || (name === undefined && word.length > 2)) {
      // `-0` would pass for a negative number, which oclif takes for an argument.
      result.push(word === '-0' && 'null' in flags ? '--null' : word);
    } else if (value !== undefined) {
      result.push(`--${String(name)}`, mark(value));
    } else {
      result.push(word);
      index += 1;
      if (index < argv.length) result.push(mark(argv[index]!));
    }
  }
  return { argv: result, wantsHelp, wantsJson };
}

/** A flag whose `parse` gets the value as it was typed. */
export function readingMarked<Flag extends FlagShape>(flag: Flag): Flag {
  const { parse } = flag;
  if (flag.type !== 'option' || typeof parse !== 'function') return flag;
  const parseValue = parse as (input: unknown, ...rest: unknown[]) => unknown;
  return {
    ...flag,
    parse: (input: unknown, ...rest: unknown[]) =>
      parseValue(typeof input === 'string' ? unmark(input) : input, ...rest),
  };
}

function mark(value: string): string {
  return value.startsWith('-') && value !== '-' ? MARK + value : value;
}

function unmark(value: string): string {
  return value.startsWith(MARK) ? value.slice(MARK.length) : value;
}

function splitLongFlag(word: string): { name?: string; value?: string } {
  if (!word.startsWith('--')) return {};
  const equals = word.indexOf('=');
  return equals === -1
    ? { name: word.slice(2) }
    : { name: word.slice(2, equals), value: word.slice(equals + 1) };
}

function flagOfLetter(word: string, flags: Readonly<Record<string, FlagShape>>): FlagShape | undefined {
  if (!/^-[a-zA-Z]/.test(word)) return undefined;
  return Object.values(flags).find(({ char }) => char === word[1]);
}
