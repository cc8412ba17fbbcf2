import { setFlagsFromString } from 'node:v8';
import { usageError } from '../errors/usage-error.js';

/**
 * A regular expression that is matched in linear time.
 * @param name the flag that it came by
 * @throws StatelogError `INVALID_ARGUMENT`
 */
export function parsePattern(name: string, text: string): RegExp {
  try {
    return linearPattern(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw usageError(
      `${name} ${text}: ${error.message.replace(/^Invalid regular expression: /, '')}`,
      `what a match takes must not grow faster than the text: look-around, \\1 and {n} of hundreds are left out`,
    );
  }
}

/**
 * A pattern that V8 goes on matching by its linear engine once it has gone back too often; one that this engine does not know
 * is refused.
 * @throws SyntaxError
 */
function linearPattern(source: string): RegExp {
  setFlagsFromString('--enable-experimental-regexp-engine');
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
  new RegExp(source, 'l').test('');
  return new RegExp(source);
}
