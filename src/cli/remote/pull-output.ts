import type { PullObserver, PullProgress } from '../../engine/remote/nats/pull/pull-options.js';
import { countedText } from '../text/counted-text.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/shown/visible-text.js';

/** With `--json` a line of progress is printed at most so often, and when all that was waiting is there. */
const BETWEEN_LINES_MS = 1_000;

/** Tells what a pull does: with `--json` a line an event on standard output, else the server's absence on standard error. */
export class PullOutput implements PullObserver {
  readonly #terminal: Terminal;
  readonly #fold: string;
  readonly #json: boolean;
  readonly #nowMs: () => number;
  #last: PullProgress = { revision: undefined, puts: 0, deletes: 0, lag: 0 };
  #printed: PullProgress | undefined;
  #printedMs = -Infinity;
  #isWaiting = false;
  #wasCaughtUp = false;

  constructor(
    terminal: Terminal,
    fold: string,
    json: boolean,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#terminal = terminal;
    this.#fold = fold;
    this.#json = json;
    this.#nowMs = nowMs;
  }

  progress(progress: PullProgress): void {
    this.#last = progress;
    const isFirstThere = progress.lag === 0 && !this.#wasCaughtUp;
    this.#wasCaughtUp = progress.lag === 0;
    if (!this.#json || (!isFirstThere && this.#nowMs() - this.#printedMs < BETWEEN_LINES_MS)) return;
    this.#print({ applied: this.#fields() });
    void this.#terminal.output.flush();
  }

  waiting(reason: string, ms: number): void {
    if (this.#json) this.#printEvent({ waiting: { reason, ms } });
    // Once is enough until it is there again.
    else if (!this.#isWaiting) this.#say(`${reason}: waiting for the server`);
    this.#isWaiting = true;
  }

  resumed(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    if (this.#json) this.#printEvent({ resumed: this.#fields() });
    else this.#say('the server is there again: going on');
  }

  resync(reason: string): void {
    if (this.#json) this.#printEvent({ resync: reason });
    else this.#say(`putting the fold right, since ${reason}`);
  }

  /** Says what was pulled, at the end. */
  async finish(): Promise<void> {
    const { puts, deletes, revision } = this.#last;
    if (!this.#json) {
      const cursor = revision === undefined ? 'nothing was there' : `revision ${revision}`;
      const counts = `${countedText(puts, 'put')} and ${countedText(deletes, 'delete')}`;
      this.#terminal.output.writeText(`${visibleText(this.#fold)}: ${counts}, ${cursor}\n`);
    } else if (this.#printed !== this.#last) this.#print({ applied: this.#fields() });
    await this.#terminal.output.flush();
  }

  #fields(): object {
    const { revision, puts, deletes, lag } = this.#last;
    return { cursor: revision === undefined ? null : String(revision), puts, deletes, lag };
  }

  #print(line: object): void {
    this.#printed = this.#last;
    this.#printedMs = this.#nowMs();
    this.#terminal.output.writeText(`${JSON.stringify(line)}\n`);
  }

  #printEvent(line: object): void {
    this.#terminal.output.writeText(`${JSON.stringify(line)}\n`);
    void this.#terminal.output.flush();
  }

  #say(line: string): void {
    this.#terminal.writeError(`${visibleText(`statelog: ${line}`)}\n`);
  }
}
