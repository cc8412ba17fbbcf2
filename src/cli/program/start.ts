import packageJson from '../../../package.json' with { type: 'json' };
import { COMMANDS } from '../../commands/index.js';
import { StatelogError } from '../../engine/errors.js';
import { exitPastKoffi } from '../../engine/storage-io/real/native-library.js';
import { asStatelogError, errorLine } from '../errors/error-rendering.js';
import { EXIT_CODES } from '../errors/exit-codes.js';
import { endOnSignals, removeStagedOnSignals } from './interrupt.js';
import type { Commands } from './program.js';

export { COMMAND_CLASSES } from './program-file.js';

/** Does the part of `runJob` that is done in a thread of its own, which has loaded the program for it. */
export async function serveJob(): Promise<void> {
  const { serveJob: serve } = await import('./in-thread.js');
  await serve();
}

/**
 * Runs the process's command line, and ends the process with its exit code.
 * @param root the package's folder
 */
export function start(root: string, commands: Commands = COMMANDS): void {
  const argv = process.argv.slice(2);
  settleColour(process.env, argv);
  process.on('uncaughtException', endWithDefect);
  // The event loop has run dry before the command was done: it awaits what nothing will settle.
  process.on('beforeExit', () => {
    endWithDefect(new Error('the command stopped without an answer'));
  });
  endOnSignals();
  const hearSignals = removeStagedOnSignals();
  // Node opens a debugger for it, through which anybody on this host could run code in the process.
  process.on('SIGUSR1', () => undefined);
  run(argv, root, commands, hearSignals).catch(endWithDefect);
}

async function run(
  argv: readonly string[],
  root: string,
  commands: Commands,
  hearSignals: () => Promise<void>,
): Promise<void> {
  // Loaded only now, since oclif reads the colour variables when it is loaded.
  const [{ runCommandLine }, { processTerminal }] = await Promise.all([
    import('./main.js'),
    import('../terminal/process-terminal.js'),
  ]);
  const exitCode = await runCommandLine(argv, {
    root,
    version: packageJson.version,
    commands,
    terminal: processTerminal(),
    debug: process.env['STATELOG_DEBUG'] === '1',
  });
  if (exitCode !== EXIT_CODES.done) await drainProducer();
  await hearSignals();
  if (!isObserved()) process.once('exit', exitPastKoffi);
  // Standard output has taken everything; what is still open (a pipe on standard input) must not keep us.
  process.exit(exitCode);
}

/** True if somebody measures the process: Node then writes down its observations at the very end. */
function isObserved(): boolean {
  const { NODE_V8_COVERAGE, NODE_OPTIONS } = process.env;
  return NODE_V8_COVERAGE !== undefined || NODE_OPTIONS !== undefined || process.execArgv.length > 0;
}

/** How long a producer that goes on writing is read on for, and how long it may pause meanwhile. */
const DRAIN_MS_MAX = 4_000;
const DRAIN_PAUSE_MS_MAX = 250;

/**
 * After a failure that was told, reads on for a moment and throws away: a producer in the middle of writing then gets to
 * see the exit code, where a broken pipe would end it first. A silent one is not waited for.
 */
async function drainProducer(): Promise<void> {
  const { stdin } = process;
  // An input that was never read has no producer that waits for us.
  if (!('bytesRead' in stdin) || stdin.bytesRead === 0 || stdin.readableEnded || stdin.isTTY) return;
  await new Promise<void>((resolve) => {
    let pause = setTimeout(resolve, DRAIN_PAUSE_MS_MAX);
    setTimeout(resolve, DRAIN_MS_MAX);
    stdin.on('data', () => {
      clearTimeout(pause);
      pause = setTimeout(resolve, DRAIN_PAUSE_MS_MAX);
    });
    stdin.once('end', resolve).once('error', () => {
      resolve();
    });
    stdin.resume();
  });
}

/**
 * Ends the process with the exit code of a defect: an error that reached nobody is one of ours, whatever its
 * own code.
 */
function endWithDefect(thrown: unknown): void {
  const error = asStatelogError(thrown);
  const defect =
    error.code === 'INTERNAL' ? error : new StatelogError('INTERNAL', error.message, { cause: error });
  process.stderr.write(`${errorLine(defect)}\n`);
  process.exit(EXIT_CODES.defect);
}

/**
 * Whether to colour, said in the one variable that every colouring package reads.
 * supports-color (under oclif) and chalk know FORCE_COLOR but not NO_COLOR, and read it once,
 * when they are loaded: this has to run before them. `--no-color` goes before NO_COLOR
 * (no-color.org), which goes before FORCE_COLOR; TERM=dumb they know themselves.
 */
function settleColour(environment: NodeJS.ProcessEnv, commandLine: readonly string[]): void {
  const flagsEnd = commandLine.indexOf('--');
  const flags = flagsEnd === -1 ? commandLine : commandLine.slice(0, flagsEnd);
  const noColour = environment['NO_COLOR'];
  if (flags.includes('--no-color') || (noColour !== undefined && noColour !== '')) {
    environment['FORCE_COLOR'] = '0';
  }
}
