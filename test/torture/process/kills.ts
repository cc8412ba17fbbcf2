import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { SeededRandom } from '../../simulated-disk/seeded-random.js';
import type { TortureRow } from '../row.js';
import { inFolder, mustEnd, runHere, RunningProgram, type Ended } from './program.js';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'];
/** A process starts in some 90 ms, and does most of its work in as much again. */
const LIFE_MS_MAX = 260;
const KILLS_A_STORE = 6;

/** The program itself, ended at random moments: what it had acknowledged is there. */
export const killsRow: TortureRow = {
  id: 'kills',
  title: 'kills of the real program',
  figures: { part: 6, usual: 300, long: 10_000 },
  shardsMax: 2,
  run: async (task) => {
    while (task.isUnfinished) {
      const isLog = task.random.below(3) === 0;
      await inFolder(async (folder) => {
        const victim = new Victim(path.join(folder, isLog ? 'store.snap' : 'store'), folder, task.random);
        mustEnd(await runHere(['create', victim.store]), [0], 'create');
        for (let kill = 0; kill < KILLS_A_STORE && task.isUnfinished; kill++) {
          task.count += 1;
          try {
            await victim.killOnce();
          } catch (error) {
            task.report(`kill ${task.count}, seed ${task.seed}, shard ${task.shard}`, error);
            return;
          }
        }
      });
    }
  },
};

/** A store whose writers are killed, and what must be there all the same. */
class Victim {
  readonly store: string;
  readonly #folder: string;
  readonly #random: SeededRandom;
  readonly #isLog: boolean;
  /** Lines that were acknowledged, and that were attempted, of each batch. */
  readonly #batches: { acknowledged: number; attempted: number }[] = [];
  #exports = 0;
  #repairs = 0;

  constructor(store: string, folder: string, random: SeededRandom) {
    this.store = store;
    this.#folder = folder;
    this.#random = random;
    this.#isLog = store.endsWith('.snap');
  }

  async killOnce(): Promise<void> {
    const work = this.#random.below(7);
    if (work <= 2) await this.#killBatch();
    else if (work === 3)
      await this.#kill(['checkpoint', this.store, ...(this.#isLog ? [] : ['--keep', '1'])]);
    else if (work === 4) await this.#kill(['compact', this.store]);
    else if (work === 5) await this.#killRepair();
    else await this.#killExport();
    await this.#check();
  }

  async #killBatch(): Promise<void> {
    const number = this.#batches.length;
    const lines = 200 + this.#random.below(20_000);
    const value = 'v'.repeat(this.#random.below(200));
    let input = '';
    for (let line = 0; line < lines; line++) {
      input += `${JSON.stringify({ key: `batch ${number} line ${String(line).padStart(6, '0')}`, value })}\n`;
    }
    const { stdout } = await this.#kill(['put', this.store, '--batch', '-', '--ack'], input);
    const acknowledged = [...stdout.matchAll(/^\{"acknowledged":(\d+)\}$/gm)].at(-1)?.[1] ?? '0';
    this.#batches.push({ acknowledged: Number(acknowledged), attempted: lines });
  }

  async #killExport(): Promise<void> {
    this.#exports += 1;
    const form = this.#random.below(2) === 0 ? '.tar' : '';
    const destination = path.join(this.#folder, `export-${this.#exports}${form}`);
    const { code } = await this.#kill(['export', this.store, destination]);
    if (existsSync(destination))
      mustEnd(await runHere(['verify', '-q', destination]), [0], 'verify of an export');
    else if (code === 0) throw new Error('R1: an export that was reported is not there');
    if (!existsSync(destination)) return;
    const imported = path.join(this.#folder, `import-${this.#exports}${this.#isLog ? '.snap' : ''}`);
    const ended = await this.#kill(['import', destination, imported]);
    if (existsSync(imported)) mustEnd(await runHere(['verify', '-q', imported]), [0], 'verify of an import');
    else if (ended.code === 0) throw new Error('R1: an import that was reported is not there');
  }

  /** In place, what an earlier kill has torn; into a new place, which is whole or not there. */
  async #killRepair(): Promise<void> {
    await this.#kill(['repair', this.store]);
    this.#repairs += 1;
    const into = path.join(this.#folder, `repaired-${this.#repairs}${this.#isLog ? '.snap' : ''}`);
    const { code } = await this.#kill(['repair', this.store, '--into', into]);
    if (existsSync(into)) mustEnd(await runHere(['verify', '-q', into]), [0], 'verify of a repair');
    else if (code === 0) throw new Error('R1: a repair that was reported is not there');
  }

  /** Starts the program and ends it, unless it is quicker. */
  async #kill(argv: readonly string[], input = ''): Promise<Ended> {
    const program = new RunningProgram(argv, input);
    const signal = SIGNALS[this.#random.below(SIGNALS.length)]!;
    await Promise.race([program.ended, wait(this.#random.below(LIFE_MS_MAX))]);
    program.child.kill(signal);
    const ended = await program.ended;
    if (ended.code !== null && ![0, 129, 130, 143].includes(ended.code)) {
      throw new Error(`${argv[0]} ended with ${ended.code}: ${ended.stderr.slice(0, 300)}`);
    }
    return ended;
  }

  async #check(): Promise<void> {
    // A torn tail is what a kill may leave, and nothing worse.
    mustEnd(await runHere(['verify', '-q', this.store]), [0, 4], 'verify');
    const { stdout } = mustEnd(await runHere(['scan', this.store, '--keys-only']), [0], 'scan');
    const found = new Set(stdout.split('\n'));
    for (const [number, { acknowledged, attempted }] of this.#batches.entries()) {
      let there = 0;
      for (let line = 0; line < attempted; line++) {
        if (found.has(`batch ${number} line ${String(line).padStart(6, '0')}`)) there += 1;
        else if (line < acknowledged) {
          throw new Error(
            `R1: line ${line} of batch ${number} is gone, ${acknowledged} lines were acknowledged`,
          );
        }
      }
      // What was not acknowledged may be there; from now on it stays.
      this.#batches[number] = { acknowledged: Math.max(acknowledged, there), attempted };
    }
    mustEnd(await runHere(['put', this.store, 'after', 'the kill']), [0], 'put after a kill');
  }
}
