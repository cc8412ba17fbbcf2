import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import type { Terminal } from '../terminal/terminal.js';
import { onInterrupt } from './interrupt.js';
import type { Interruption } from '../replay/replay-run.js';

/** How long, after a signal, the reader of the output may take to read the rest. */
const READER_PATIENCE_MS = 1000;

/** The effect of a signal on work that is under way. */
export interface InterruptibleOptions {
  /** Ends a wait of the work, so that it sees that it is over. */
  readonly wake: () => void;
  /** Ends waits for who reads the output: called when a while after the signal there is still something to say. */
  readonly abandonOutput: () => void;
  /** Whether the work is to come to its own end first: it has something to put in order. */
  readonly isWaitedFor: boolean;
  /** Prints the last words after a signal. */
  readonly last: () => Promise<void>;
}

/**
 * Runs work that a signal ends in good order; the process then ends by that signal.
 * @returns the work's exit code, where no signal came
 */
export async function runInterruptibly(
  run: (interruption: Interruption) => Promise<ExitCode>,
  { wake, abandonOutput, isWaitedFor, last }: InterruptibleOptions,
): Promise<ExitCode> {
  const interruption = { isOver: false };
  let running: Promise<ExitCode> = forEver();
  // Before anything is read: whoever sees the first line may send the signal at once.
  const dispose = onInterrupt(async () => {
    interruption.isOver = true;
    wake();
    setTimeout(abandonOutput, READER_PATIENCE_MS).unref();
    if (isWaitedFor && !(await succeeds(running))) {
      // The caller that awaits the work reports its failure, and that ends the process.
      await forEver();
    }
    await last();
  });
  running = run(interruption);
  const exitCode = await running.finally(() => {
    if (!interruption.isOver) dispose();
  });
  // The signal is about to end the process, once the last thing is said.
  return interruption.isOver ? forEver() : exitCode;
}

/**
 * Runs work that goes on until it is over, or until a signal aborts it; it comes to its own end either way, and the last words
 * are said.
 */
export async function runFollowing(
  terminal: Terminal,
  output: { finish(): Promise<void> },
  work: (signal: AbortSignal) => Promise<void>,
): Promise<ExitCode> {
  const ending = new AbortController();
  const run = async (): Promise<ExitCode> => {
    await work(ending.signal);
    return EXIT_CODES.done;
  };
  const exitCode = await runInterruptibly(run, {
    wake: () => {
      ending.abort();
    },
    abandonOutput: () => {
      terminal.output.abandon();
    },
    isWaitedFor: true,
    last: () => output.finish(),
  });
  await output.finish();
  return exitCode;
}

async function succeeds(running: Promise<unknown>): Promise<boolean> {
  try {
    await running;
    return true;
  } catch {
    return false;
  }
}

function forEver(): Promise<never> {
  return new Promise(() => undefined);
}
