import type { JsonFields } from '../../engine/bytes/text/json-line.js';
import { StatelogError } from '../../engine/errors.js';

interface ShellCommand {
  readonly usage: string;
  readonly does: string;
  /** The request's fields from the words behind the command; undefined where there are too few or too many. */
  readonly request: (words: readonly string[]) => JsonFields | undefined;
}

const KEY_ALONE =
  (op: string) =>
  (words: readonly string[]): JsonFields | undefined =>
    words.length === 1 ? { op, key: words[0] } : undefined;

const PREFIX =
  (op: string) =>
  (words: readonly string[]): JsonFields | undefined =>
    words.length > 1 ? undefined : { op, ...(words.length === 0 ? {} : { prefix: words[0] }) };

/** The commands of the shell, by name. */
export const SHELL_COMMANDS: Readonly<Record<string, ShellCommand>> = {
  get: { usage: 'get KEY', does: "a key's value", request: KEY_ALONE('get') },
  put: {
    usage: 'put KEY VALUE',
    does: 'put a value',
    request: (words) => (words.length === 2 ? { op: 'put', key: words[0], value: words[1] } : undefined),
  },
  delete: { usage: 'delete KEY', does: 'remove a key', request: KEY_ALONE('delete') },
  increment: {
    usage: 'increment KEY [N]',
    does: 'add N (1) to a number in decimal',
    request: (words) => {
      if (words.length < 1 || words.length > 2) return undefined;
      return { op: 'increment', key: words[0], by: words[1] ?? '1' };
    },
  },
  scan: { usage: 'scan [PREFIX]', does: 'entries in key order, 1,000 at most', request: PREFIX('scan') },
  count: { usage: 'count [PREFIX]', does: 'how many keys there are', request: PREFIX('count') },
  checkpoint: {
    usage: 'checkpoint',
    does: 'fold the log into a checkpoint',
    request: (words) => (words.length === 0 ? { op: 'checkpoint' } : undefined),
  },
  help: { usage: 'help', does: 'these lines', request: () => ({}) },
  '.quit': { usage: '.quit', does: 'end, as Ctrl-D does', request: () => ({}) },
};

/** The lines of `help`. */
export function shellHelp(): string {
  const lines = Object.values(SHELL_COMMANDS).map(({ usage, does }) => `${usage.padEnd(20)}${does}\n`);
  return `${lines.join('')}Words with blanks go in quotes: put 'my key' "two words". A line of JSON is a request as in a pipe.\n`;
}

/**
 * The request of a line that somebody typed; undefined for a blank one.
 * @throws StatelogError `INVALID_LINE`
 */
export function shellRequest(line: string): JsonFields | 'help' | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  if (text.startsWith('{')) return jsonRequest(text);
  const [name = '', ...words] = wordsOf(text);
  if (name === 'help') return 'help';
  const command = Object.hasOwn(SHELL_COMMANDS, name) ? SHELL_COMMANDS[name] : undefined;
  if (command === undefined) throw refused(`there is no command ${name} here`, 'help lists them');
  const request = command.request(words);
  if (request === undefined) throw refused(`${name} takes other words`, command.usage);
  return request;
}

function jsonRequest(text: string): JsonFields {
  try {
    return JSON.parse(text) as JsonFields;
  } catch {
    throw refused('it is not JSON', 'one object, such as {"op":"get","key":"k"}');
  }
}

/** Words between blanks; quotes keep blanks together, and a backslash takes the next character as it is. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (character === quote) {
      quote = '';
    } else if (character === '\\' && quote !== "'" && at + 1 < text.length) {
      word = (word ?? '') + text[++at]!;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== '') throw refused('a quote is not closed', `end it with ${quote}`);
  return word === undefined ? words : [...words, word];
}

function refused(what: string, hint: string): StatelogError {
  return new StatelogError('INVALID_LINE', what, { hint });
}
