import { runCommandLine } from '../../src/cli/program/main.js';
import type { Commands } from '../../src/cli/program/program.js';
import { COMMANDS } from '../../src/commands/index.js';
import { MemoryTerminal, type MemoryTerminalOptions } from './memory-terminal.js';
import { projectRoot } from './project-root.js';

/** What a command line did. */
export interface CommandLineResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stdoutBytes: Uint8Array;
  readonly stderr: string;
}

/** Runs one command line in this process, `['get', store, 'key']`, and gives what it printed. */
export async function commandLine(
  argv: readonly string[],
  options: MemoryTerminalOptions & { readonly commands?: Commands; readonly debug?: boolean } = {},
): Promise<CommandLineResult> {
  const terminal = new MemoryTerminal(options);
  const exitCode = await runCommandLine(argv, {
    root: projectRoot,
    version: '0.0.0-test',
    commands: options.commands ?? COMMANDS,
    terminal,
    debug: options.debug ?? false,
  });
  return { exitCode, stdout: terminal.stdout, stdoutBytes: terminal.stdoutBytes, stderr: terminal.stderr };
}
