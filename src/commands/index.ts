import type { Commands } from '../cli/main.js';

/** Every command by its name. A command's module is loaded when the command is called. */
export const COMMANDS: Commands = {
  verify: () => import('./verify.js'),
};
