import type { Finding } from '../../engine/finding.js';
import type { ReplicatedRound, ReplicateObserver } from '../../engine/remote/replicate/replicate-options.js';
import { formatSize } from '../values/size-text.js';
import { countedText } from '../text/counted-text.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/shown/visible-text.js';

/** Tells what a replication does: a line for each time that something was brought over, as JSON or as text. */
export class ReplicateOutput implements ReplicateObserver {
  readonly #terminal: Terminal;
  readonly #url: string;
  readonly #json: boolean;
  readonly #onNotice: (finding: Finding) => void;
  #isWaiting = false;
  #isFirst = true;

  constructor(terminal: Terminal, url: string, json: boolean, onNotice: (finding: Finding) => void) {
    this.#terminal = terminal;
    this.#url = url;
    this.#json = json;
    this.#onNotice = onNotice;
  }

  replicated(round: ReplicatedRound): void {
    if (this.#isWaiting) this.#resumed();
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    // Where nothing is new, once is enough.
    if (round.kind === 'none' && !isFirst) return;
    this.#print(this.#json ? JSON.stringify({ replicated: roundJson(round) }) : this.#text(round));
  }

  waiting(reason: string, ms: number): void {
    if (this.#json) this.#print(JSON.stringify({ waiting: { reason, ms } }));
    // Once is enough until it is there again.
    else if (!this.#isWaiting) this.#say(`${reason}: waiting for it`);
    this.#isWaiting = true;
  }

  verified(position: string): void {
    if (this.#json) this.#print(JSON.stringify({ verified: { position } }));
    else this.#say(`what is there was verified: it can be restored as of ${position}`);
  }

  whole(reason: string): void {
    if (this.#json) this.#print(JSON.stringify({ whole: reason }));
    else this.#say(`exporting a whole snapshot, since ${reason}`);
  }

  notice(finding: Finding): void {
    this.#onNotice(finding);
  }

  /** Waits until all of it was taken. */
  async finish(): Promise<void> {
    await this.#terminal.output.flush();
  }

  #resumed(): void {
    this.#isWaiting = false;
    if (this.#json) this.#print(JSON.stringify({ resumed: true }));
    else this.#say('it is there again: going on');
  }

  #text({ kind, position, keys, puts, deletes, bytes, lagMs }: ReplicatedRound): string {
    const changes = `${countedText(puts, 'put')}, ${countedText(deletes, 'delete')}`;
    const what = { full: countedText(keys, 'key'), increment: changes, none: 'nothing new' }[kind];
    const size = kind === 'none' ? '' : `, ${formatSize(bytes)}`;
    return `${visibleText(this.#url)}: ${position}: ${what}${size}, ${(lagMs / 1000).toFixed(1)} s behind`;
  }

  #print(line: string): void {
    this.#terminal.output.writeText(`${line}\n`);
    void this.#terminal.output.flush();
  }

  #say(line: string): void {
    this.#terminal.writeError(`${visibleText(`statelog: ${line}`)}\n`);
  }
}

function roundJson({ lagMs, ...round }: ReplicatedRound): object {
  return { ...round, lagSeconds: Math.round(lagMs) / 1000 };
}
