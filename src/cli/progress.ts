import type { Terminal } from './terminal.js';

/** What takes less is over before a person would wonder. */
const SHOWN_AFTER_MS = 500;

/** Work that may take long, as a person sees it. */
export interface Progress {
  /** Sets how much is done; cheap enough to be called for each record. */
  advanceTo(done: number): void;
  /** Takes the bar away; call it in a `finally`, and before anything else is printed. */
  stop(): void;
}

/** The part of cli-progress that is used. */
interface Bar {
  start(total: number, done: number): void;
  update(done: number): void;
  stop(): void;
}

/**
 * Shows a bar on standard error, if that is a terminal and the work takes longer than half a
 * second. It needs no timer: long work that never returns to the event loop shows it at its
 * next step that does.
 * @param label what is going on
 * @param total when all is done
 * @param nowMs a clock
 */
export function startProgress(
  terminal: Terminal,
  label: string,
  total: number,
  nowMs: () => number = () => performance.now(),
): Progress {
  if (!terminal.errorsAreTerminal) return { advanceTo: () => undefined, stop: () => undefined };
  const startMs = nowMs();
  let bar: Bar | undefined;
  let state: 'waiting' | 'shown' | 'stopped' = 'waiting';
  const show = async (): Promise<void> => {
    state = 'shown';
    const { default: cliProgress } = await import('cli-progress');
    if (isStopped()) return;
    bar = new cliProgress.SingleBar({
      format: `${label} {bar} {percentage}%`,
      clearOnComplete: true,
      linewrap: null,
      stream: process.stderr,
    });
    bar.start(total, 0);
  };
  // Asked by a function, since it may have been stopped while the package was loaded.
  const isStopped = (): boolean => state === 'stopped';
  return {
    advanceTo: (done) => {
      if (state === 'waiting' && nowMs() - startMs > SHOWN_AFTER_MS) void show();
      bar?.update(done);
    },
    stop: () => {
      state = 'stopped';
      bar?.stop();
      bar = undefined;
    },
  };
}
