import { markup, type Html } from '../page/html.js';

/** A command as hints quote it, where each of its words is plain. */
const QUOTED_COMMAND = /'([a-z]+(?: [\w@%+=:,./-]+)+)'/g;

/**
 * A sentence with the commands in it set apart, without their quotes, to be copied as they stand. Where a command has words that need
 * quotes, nothing tells where it ends: all of the sentence is set apart.
 */
export function withCommands(sentence: string): Html {
  const pieces = sentence.split(QUOTED_COMMAND);
  if (pieces.length === 1)
    return sentence.includes('statelog ') ? markup`<code>${sentence}</code>` : markup`${sentence}`;
  return markup`${pieces.map((piece, at) => (at % 2 === 1 ? markup`<code>${piece}</code>` : markup`${piece}`))}`;
}
