import { bareConfig } from './bare-config.js';
import { HelpRequest, type StatelogCommand } from './base-command.js';
import { asStatelogError, errorJson, errorLine, errorStack, exitCodeOf } from '../errors/error-rendering.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Commands, Program } from './program.js';
import { nearestName, usageError } from '../errors/usage-error.js';

/** A failure is said this soon, whether or not standard output takes what comes before it. */
const SAID_AFTER_MS = 500;
const NO_PAGER = '--no-pager';
const HELP_WORDS: readonly string[] = ['help', '--help', '-h'];
const VERSION_WORDS: readonly string[] = ['version', '--version'];

/**
 * Runs one command line to its end, standard output flushed, and says what went wrong.
 * Never throws.
 * @param argv the arguments after the program's name
 */
export async function runCommandLine(argv: readonly string[], program: Program): Promise<ExitCode> {
  const { terminal } = program;
  const running: { command?: StatelogCommand } = {};
  try {
    const exitCode = await dispatch(argv, program, running);
    await terminal.output.flush();
    await terminal.endPaging?.();
    return exitCode;
  } catch (thrown) {
    const error = running.command?.withHint(asStatelogError(thrown)) ?? asStatelogError(thrown);
    const json = running.command?.wantsJson ?? hasJsonFlag(argv);
    await flushThen(terminal, () => {
      terminal.writeError(`${json ? errorJson(error) : errorLine(error)}\n`);
      if (program.debug) terminal.writeError(`${errorStack(error)}\n`);
    });
    return exitCodeOf(error);
  }
}

/**
 * Tells what was found before a failure all the same, and before the failure; where nobody reads that for a
 * while, the failure is said first.
 */
async function flushThen(terminal: Terminal, sayFailure: () => void): Promise<void> {
  const flushed = terminal.output.flush().then(
    () => terminal.endPaging?.(),
    () => undefined,
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, SAID_AFTER_MS)));
  await Promise.race([flushed, late]);
  clearTimeout(timer);
  sayFailure();
  await flushed;
}

async function dispatch(
  argv: readonly string[],
  program: Program,
  running: { command?: StatelogCommand },
): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined || HELP_WORDS.includes(name)) {
    const [topic] = rest.filter((word) => !HELP_WORDS.includes(word) && word !== NO_PAGER);
    if (topic !== undefined) findCommand(topic, program.commands);
    return showHelp(topic, program, name !== undefined && !rest.includes(NO_PAGER));
  }
  if (VERSION_WORDS.includes(name)) {
    program.terminal.output.writeText(versionText(program.version, hasJsonFlag(rest)));
    return EXIT_CODES.done;
  }
  const { default: CommandClass } = await findCommand(name, program.commands)();
  CommandClass.id = name;
  const command = new CommandClass(rest, bareConfig(program.version), program.terminal);
  command.commands = program.commands;
  running.command = command;
  try {
    return await command.run();
  } catch (error) {
    if (error instanceof HelpRequest) return showHelp(name, program, !rest.includes(NO_PAGER));
    throw error;
  }
}

function versionText(version: string, isJson: boolean): string {
  const { platform, arch, version: node } = process;
  if (!isJson) return `statelog/${version} ${platform}-${arch} node-${node}\n`;
  return `${JSON.stringify({ version, platform, arch, node: node.slice(1) })}\n`;
}

/** @throws StatelogError `INVALID_ARGUMENT` for what is no command */
function findCommand(word: string, commands: Commands): Commands[string] {
  const found = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (found !== undefined) return found;
  const help = 'run: statelog --help';
  if (word.startsWith('-')) {
    throw usageError(`unknown flag ${word} before the command`, `flags follow the command; ${help}`);
  }
  const meant = nearestName(word, Object.keys(commands));
  throw usageError(`unknown command ${word}`, meant === undefined ? help : `did you mean ${meant}? ${help}`);
}

async function showHelp(command: string | undefined, program: Program, isPaged: boolean): Promise<ExitCode> {
  if (isPaged) await program.terminal.page?.();
  const { writeHelp } = await import('./help.js');
  await writeHelp(command, program);
  return EXIT_CODES.done;
}

function hasJsonFlag(argv: readonly string[]): boolean {
  const flagsEnd = argv.indexOf('--');
  return (flagsEnd === -1 ? argv : argv.slice(0, flagsEnd)).includes('--json');
}
