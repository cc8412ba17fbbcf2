import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { onInterrupt } from '../program/interrupt.js';
import type { ByteSink } from './byte-output.js';

/** The screen is to be filled within this time: else what is there is shown, and what follows as it comes, without a pager. */
const HELD_MS = 1_000;
/** More than a pipe holds: a pager that took so much has begun to read. */
const KEPT_BYTES = 128 * 1024;
/** The exit codes of a shell that did not find a command, or must not run it. */
const NOT_STARTED: readonly (number | null)[] = [126, 127];
const STANDARD_OUTPUT = 1;
const LINE_FEED = 0x0a;

/** The screen that output goes to. */
export interface Screen {
  readonly rows: number;
  readonly columns: number;
}

/** The settings of the terminal, as `stty` takes them. */
type TerminalSettings = string | undefined;

/**
 * The command that shows long output: STATELOG_PAGER, else PAGER, else less; undefined where there is to be none: the variable is
 * empty or `cat`, or the terminal is dumb.
 */
export function pagerCommand(environment: NodeJS.ProcessEnv): string | undefined {
  const command = environment['STATELOG_PAGER'] ?? environment['PAGER'] ?? 'less';
  return command === '' || command === 'cat' || environment['TERM'] === 'dumb' ? undefined : command;
}

/**
 * Shows output on a terminal, and through a pager once it is longer than the screen, as git does.
 *
 * Invariants:
 * - until the pager runs, all that was written is in `#kept`, and on the screen is none of it;
 * - once it has been left, nothing more is wanted.
 */
export class PagedOutput implements ByteSink {
  readonly #direct: ByteSink;
  readonly #command: string;
  readonly #screen: Screen;
  #state: 'holding' | 'paging' | 'left' | 'direct' = 'holding';
  /** The beginning of the output. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  #rows = 0;
  #timer: NodeJS.Timeout | undefined;
  #pager: ChildProcess | undefined;
  #settings: TerminalSettings;
  #over: Promise<void> = Promise.resolve();
  #dispose: (() => void) | undefined;
  #isInterrupted = false;
  /** The last of what is handed over: one goes after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @param direct the terminal itself */
  constructor(direct: ByteSink, command: string, screen: Screen) {
    this.#direct = direct;
    this.#command = command;
    this.#screen = screen;
  }

  /** True while a pager has the screen: nothing else may be written to it. */
  get isPaging(): boolean {
    return this.#state === 'paging';
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    if (this.#state === 'holding') {
      this.#keep(bytes);
      if (this.#rows < this.#screen.rows) return true;
      this.#start();
      return this.#hand(this.#kept);
    }
    if (this.#state === 'paging') {
      if (this.#keptBytes < KEPT_BYTES) this.#keep(bytes);
      return this.#hand([bytes]);
    }
    if (this.#state === 'left') return false;
    await this.#turn;
    return this.#direct.write(bytes);
  }

  /** Shows what is held, and resolves when the reader has left the pager. Never, where a signal is about to end the process. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#letGo();
    this.#pager?.stdin?.end();
    await this.#over;
    this.#dispose?.();
    if (this.#isInterrupted) await new Promise(() => undefined);
  }

  /** Shows what is held without a pager. */
  async #letGo(): Promise<void> {
    if (this.#state !== 'holding') return;
    this.#state = 'direct';
    await this.#showKept();
  }

  /** Output that comes meanwhile waits for its turn. */
  async #showKept(): Promise<void> {
    const kept = this.#kept;
    this.#kept = [];
    const shown = this.#turn.then(async () => {
      for (const piece of kept) await this.#direct.write(piece);
    });
    this.#turn = shown;
    await shown;
  }

  /** Copies: what is written to may be written over. */
  #keep(bytes: Uint8Array): void {
    this.#kept.push(new Uint8Array(bytes));
    this.#keptBytes += bytes.length;
    this.#rows += rowsOf(bytes, this.#screen.columns);
    this.#timer ??= setTimeout(() => {
      void this.#letGo();
    }, HELD_MS).unref();
  }

  #start(): void {
    this.#state = 'paging';
    this.#settings = terminalSettings();
    const environment = { LESS: 'FRX', LV: '-c', ...process.env };
    const pager = spawn(this.#command, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: environment,
    });
    this.#pager = pager;
    pager.stdin.on('error', () => undefined);
    this.#over = new Promise((resolve) => {
      pager.once('error', () => {
        void this.#leave(NOT_STARTED[0]!, null).then(resolve);
      });
      pager.once('exit', (code, signal) => {
        void this.#leave(code, signal).then(resolve);
      });
    });
    // Ctrl-C reaches the pager, too, and means what is going on there: it keeps the screen until it is left.
    this.#dispose = onInterrupt(async (signal) => {
      this.#isInterrupted = true;
      pager.stdin.end();
      if (signal !== 'SIGINT') pager.kill(signal);
      await this.#over;
    });
  }

  async #leave(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#state !== 'paging') return;
    this.#state = 'left';
    if (signal !== null) restoreTerminal(this.#settings);
    if (NOT_STARTED.includes(code)) {
      this.#state = 'direct';
      await this.#showKept();
    }
    this.#kept = [];
  }

  async #hand(pieces: readonly Uint8Array[]): Promise<boolean> {
    const turn = this.#turn.then(() => this.#handOver([...pieces]));
    this.#turn = turn;
    const isTaken = await turn;
    const { stdin } = this.#pager!;
    // It has gone: whether it was there at all is known once it has ended.
    if (stdin!.destroyed || stdin!.errored !== null) await this.#over;
    return isTaken || this.#isShown();
  }

  /** Asked by a function, since the pager may have ended meanwhile. */
  #isShown(): boolean {
    return this.#state === 'direct';
  }

  async #handOver(pieces: readonly Uint8Array[]): Promise<boolean> {
    const stdin = this.#pager!.stdin!;
    for (const piece of pieces) {
      if (this.#state !== 'paging' || this.#isInterrupted) break;
      await new Promise<void>((resolve) => {
        stdin.write(piece, () => {
          resolve();
        });
      });
    }
    return this.#state === 'paging' && !this.#isInterrupted;
  }
}

/** Rows of a screen that bytes take; what a terminal does not show counts, too, so that it is never too few. */
function rowsOf(bytes: Uint8Array, columns: number): number {
  let rows = 0;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LINE_FEED, start);
    const stop = end < 0 ? bytes.length : end;
    rows += Math.max(Math.ceil((stop - start) / columns), 1);
    start = stop + 1;
  }
  return rows;
}

/** `stty` reads the settings of its standard input. */
function terminalSettings(): TerminalSettings {
  const { stdout, status } = spawnSync('stty', ['-g'], {
    stdio: [STANDARD_OUTPUT, 'pipe', 'ignore'],
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** A pager that was killed leaves the terminal as it had it: without an echo, a key at a time. */
function restoreTerminal(settings: TerminalSettings): void {
  if (settings === undefined) return;
  spawnSync('stty', [settings], { stdio: [STANDARD_OUTPUT, 'ignore', 'ignore'] });
}
