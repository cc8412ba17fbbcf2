import { basename } from 'node:path';
import type { Terminal } from './terminal.js';
import { visibleText } from './shown/visible-text.js';

/** Shorter work is over before a person would wonder. */
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

const MINUTE_S = 60;
const HOUR_S = 3600;

/**
 * How much time is left, behind how much is done; nothing while that cannot be told yet.
 * @param seconds as cli-progress has them: a text where it does not know
 */
export function timeLeftText(seconds: number | string): string {
  if (typeof seconds === 'string' || !Number.isFinite(seconds) || seconds <= 0) return '';
  const [whole, part, units] =
    seconds >= HOUR_S
      ? [HOUR_S, MINUTE_S, 'hm']
      : seconds >= MINUTE_S
        ? [MINUTE_S, 1, 'ms']
        : [1, undefined, 's'];
  const first = `${Math.floor(seconds / whole)}${units[0]!}`;
  if (part === undefined) return `, ${first} left`;
  const second = Math.floor((seconds % whole) / part);
  return `, ${first}${String(second).padStart(2, '0')}${units[1]!} left`;
}

/** Loads what draws bars, on standard error; each is gone when it stops. */
async function loadBars(): Promise<(label: string, isTimeShown?: boolean) => Bar> {
  const { default: cliProgress } = await import('cli-progress');
  return (label, isTimeShown = false) =>
    new cliProgress.SingleBar({
      // What a narrow terminal cuts off is the bar.
      format: `${label} {percentage}%${isTimeShown ? '{eta_formatted}' : ''} {bar}`,
      formatTime: timeLeftText,
      clearOnComplete: true,
      // Its handler takes a signal and goes on: Ctrl-C would end nothing.
      gracefulExit: false,
      // As the terminal has it: what is switched off stays off where Ctrl-C ends the program.
      linewrap: true,
      stream: process.stderr,
    });
}

/** How progress is shown. */
export interface ProgressOptions {
  /** Whether the bar says how much time is left, as far as that can be told. */
  readonly isTimeShown?: boolean | undefined;
  /** A clock in milliseconds. */
  readonly nowMs?: (() => number) | undefined;
}

/**
 * Shows a bar on standard error, if that is a terminal and the work takes longer than half a
 * second. It needs no timer: long work that never returns to the event loop shows it at its
 * next step that does.
 * @param label what is going on
 * @param total when all is done
 */
export function startProgress(
  terminal: Terminal,
  label: string,
  total: number,
  { isTimeShown, nowMs = () => performance.now() }: ProgressOptions = {},
): Progress {
  if (!terminal.errorsAreTerminal) return { advanceTo: () => undefined, stop: () => undefined };
  const startMs = nowMs();
  let bar: Bar | undefined;
  let state: 'waiting' | 'shown' | 'stopped' = 'waiting';
  const show = async (): Promise<void> => {
    state = 'shown';
    const newBar = await loadBars();
    if (isStopped()) return;
    bar = newBar(label, isTimeShown);
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

/** Files that are read by work which does not return to the event loop, as a person sees it. */
export class ReadingProgress {
  readonly #label: string;
  readonly #newBar: (label: string, isTimeShown: boolean) => Bar;
  readonly #nowMs: () => number;
  #path: string | undefined;
  #startMs = 0;
  #bar: Bar | undefined;

  private constructor(
    label: string,
    newBar: (label: string, isTimeShown: boolean) => Bar,
    nowMs: () => number,
  ) {
    this.#label = label;
    this.#newBar = newBar;
    this.#nowMs = nowMs;
  }

  /** Undefined where standard error is no terminal. */
  static async on(
    terminal: Terminal,
    label: string,
    nowMs: () => number = () => performance.now(),
  ): Promise<ReadingProgress | undefined> {
    return terminal.errorsAreTerminal ? new ReadingProgress(label, await loadBars(), nowMs) : undefined;
  }

  /** Something is read of a file of `size` bytes: a bar shows where, once that file takes more than half a second. */
  read(path: string, position: number, size: number): void {
    if (path !== this.#path) {
      this.pause();
      this.#path = path;
      this.#startMs = this.#nowMs();
    }
    if (this.#bar === undefined) {
      if (this.#nowMs() - this.#startMs <= SHOWN_AFTER_MS) return;
      // The name alone: how much is done must fit a narrow terminal, too.
      this.#bar = this.#newBar(`${this.#label} ${visibleText(basename(path))}`, true);
      this.#bar.start(size, position);
    }
    this.#bar.update(position);
  }

  /** Takes the bar away; call it before anything else is printed, and in a `finally`. */
  pause(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    this.#path = undefined;
  }
}
