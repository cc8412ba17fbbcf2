import type { Config } from '@oclif/core/config';
import type { Terminal } from '../terminal/terminal.js';
import type { StatelogCommand } from './base-command.js';

/** A command's class, as a running program makes one of it. */
interface CommandConstructor {
  new (argv: string[], config: Config, terminal: Terminal): StatelogCommand;
  id: string;
}

/** Commands by name; each module is loaded when its command is called, and its class is the default export. */
export type Commands = Readonly<Record<string, () => Promise<{ readonly default: CommandConstructor }>>>;

/** The facts about the program that `main` needs. */
export interface Program {
  /** The package's folder. */
  readonly root: string;
  readonly version: string;
  readonly commands: Commands;
  readonly terminal: Terminal;
  /** True to show the stack of an error (STATELOG_DEBUG). */
  readonly debug: boolean;
}
