import { stripVTControlCharacters } from 'node:util';
import { nearestName, usageError } from '../errors/usage-error.js';
import { isStatelogError, type StatelogError } from '../../engine/errors.js';

/** The errors of oclif's parser, as far as we read them. Its own messages span several lines. */
interface ParserError extends Error {
  readonly oclif?: unknown;
  readonly args?: unknown;
  readonly flags?: unknown;
}

/** True for what oclif threw because the command line was wrong, or one of our flags through it. */
export function isParserError(error: unknown): error is ParserError {
  return error instanceof Error && ('oclif' in error || isStatelogError(error, 'INVALID_ARGUMENT'));
}

/**
 * A usage error in one line, from what oclif's parser threw.
 * @param command the command's name, for the hint
 * @param flagNames the flags that the command has, to suggest the nearest one
 */
export function usageErrorFrom(
  error: ParserError,
  command: string,
  flagNames: readonly string[],
): StatelogError {
  const help = `run: statelog ${command} --help`;
  if (error.name === 'NonExistentFlagsError' || isListOf(error.flags, isText)) {
    const unknown = isListOf(error.flags, isText) ? error.flags : [];
    const meant = nearestName(
      (unknown[0] ?? '').replace(/=.*/s, ''),
      flagNames.map((name) => `--${name}`),
    );
    const advice =
      meant === undefined ? 'what starts with - and is no flag goes after --' : `did you mean ${meant}?`;
    const hint = `${advice}${meant === undefined ? ';' : ''} ${help}`;
    return usageError(`unknown flag${unknown.length === 1 ? '' : 's'} ${unknown.join(', ')}`, hint);
  }
  if (isListOf(error.args, isNamed)) {
    const names = error.args.map(({ name }) => name.toUpperCase());
    return usageError(`missing argument${names.length === 1 ? '' : 's'} ${names.join(', ')}`, help);
  }
  return usageError(oneSentence(error.message), help);
}

/** oclif's message without its colours, line ends, advice and the marks of protected values. */
function oneSentence(message: string): string {
  const lines = stripVTControlCharacters(message)
    .replaceAll('\0', '')
    .replace(/The following errors? occurred:/, '')
    .replace(/See more help with --help/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^Parsing --\S+$/.test(line));
  const sentence = lines.join('; ');
  return sentence.slice(0, 1).toLowerCase() + sentence.slice(1);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isNamed(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function isListOf<Item>(value: unknown, isItem: (item: unknown) => item is Item): value is Item[] {
  return Array.isArray(value) && value.length > 0 && value.every(isItem);
}
