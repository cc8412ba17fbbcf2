import type { CommandModules } from '../program/base-command.js';
import { bashCompletion } from './bash-completion.js';
import { commandShapes } from './command-shapes.js';
import { fishCompletion } from './fish-completion.js';
import { zshCompletion } from './zsh-completion.js';

/** A shell for which there is a script. */
export type Shell = 'bash' | 'zsh' | 'fish';

const WRITERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/**
 * The script that completes command lines of statelog in a shell, made of the commands as they are defined.
 * @param commands all commands; each is loaded
 */
export async function completionScript(shell: Shell, commands: CommandModules): Promise<string> {
  return WRITERS[shell](await commandShapes(commands));
}
