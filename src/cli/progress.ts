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
  update(done: number): void;
  stop(): void;
}

/**
 * Shows a bar on standard error, if that is a terminal and the work takes longer than half a
 * second. It needs no timer: long work that never returns to the event loop shows it at its
 * next step that does.
 * @param label what is going on
 * @param total when all is done
 */
export function startProgress(terminal: Terminal, label: string, total: number): Progress {
  if (!terminal.errorsAreTerminal) return { advanceTo: () => undefined, stop: () => undefined };
  const startMs = performance.now();
  let bar: Bar | 'loading' | 'stopped' | undefined;
  const show = async (): Promise<void> => {
    bar = 'loading';
    const { default: cliProgress } = await import('cli-progress');
    // `stop` may have been called while it was loaded.
    if ((bar as typeof bar | 'stopped') === 'stopped') return;
    const shown = new cliProgress.SingleBar({
      format: `${label} {bar} {percentage}%`,
      clearOnComplete: true,
      hideCursor: false,
      linewrap: false,
      stream: process.stderr,
    });
    shown.start(total, 0);
    bar = shown;
  };
  return {
    advanceTo: (done) => {
      if (typeof bar === 'object') bar.update(done);
      else if (bar === undefined && performance.now() - startMs > SHOWN_AFTER_MS) void show();
    },
    stop: () => {
      if (typeof bar === 'object') bar.stop();
      bar = 'stopped';
    },
  };
}
