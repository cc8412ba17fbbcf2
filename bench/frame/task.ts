import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Figure, FigureDefinition, Side } from './figure.js';
import type { Peer } from './peer.js';
import type { ProfileLine } from './profile.js';
import type { BenchScale } from './scale.js';
import { profileOf } from './timing.js';

const WARM_UP_MS = 200;
const WARM_UPS_MAX = 10;
/** A first round that takes so long is no warm-up. */
const WARM_UP_COUNTS_FROM_MS = 1500;
const ROUNDS_MS_MIN = 300;
const MORE_OFTEN = 3;
/** A median needs so many rounds; more are made of what takes little time. */
const ROUNDS_LEAST = 5;
const ROUNDS_MS_MAX = 3000;

/** One side of a comparison. */
export interface Contender {
  readonly side: Side;
  /** One round: prepares what it needs, and returns what it measured, in the figure's unit. */
  readonly run: () => number | Promise<number>;
}

/** What a topic's process was told. */
export interface TaskOrder {
  readonly topic: string;
  readonly scale: BenchScale;
  /** An empty folder of its own. */
  readonly folder: string;
  /** The built command line's `bin/run.js`. */
  readonly program: string;
  /** Also at 10,000 to 5,000,000 keys. */
  readonly growth: boolean;
  /** The processor's time instead of the clock's. */
  readonly processorTime: boolean;
  /** What takes ours its time, too. */
  readonly profile: boolean;
}

/** One topic being measured: what it may use, and what came of it. */
export class BenchTask {
  readonly scale: BenchScale;
  readonly folder: string;
  readonly program: string;
  readonly growth: boolean;
  /** Those that are installed. */
  readonly peers: readonly Peer[];
  readonly figures: Figure[] = [];
  /** Shown under the topic's table. */
  readonly notes: string[] = [];
  readonly #topic: string;
  readonly #isProfiled: boolean;

  constructor(order: TaskOrder, peers: readonly Peer[]) {
    this.#topic = order.topic;
    this.#isProfiled = order.profile;
    this.scale = order.scale;
    this.folder = order.folder;
    this.program = order.program;
    this.growth = order.growth;
    this.peers = peers;
  }

  /** A path in a folder of this name, which is emptied; the path itself is free. */
  fresh(folder: string, name: string): string {
    const place = path.join(this.folder, folder);
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    return path.join(place, name);
  }

  /**
   * Measures all sides in rounds, each once a round, so that what slows the machine slows them all. Before them
   * are some that do not count, in which code is compiled, unless they take long; short ones are made more often, long
   * ones five times at least.
   */
  async compare(
    definition: FigureDefinition,
    contenders: readonly Contender[],
    rounds = this.scale.rounds,
  ): Promise<void> {
    let samples: number[][] = [];
    let spentMs = 0;
    const begin = (): void => {
      samples = contenders.map(() => []);
      spentMs = 0;
    };
    const takeTurns = async (): Promise<void> => {
      const started = performance.now();
      for (const [index, { run }] of contenders.entries()) samples[index]!.push(await run());
      spentMs += performance.now() - started;
    };
    const taken = (): number => samples[0]!.length;
    begin();
    // Not between rounds: with the objects of one it would drop the code that was compiled for them.
    globalThis.gc?.();
    if (rounds > 1) {
      while (spentMs < WARM_UP_MS && taken() < WARM_UPS_MAX) await takeTurns();
      if (spentMs < WARM_UP_COUNTS_FROM_MS) begin();
    }
    const isEnough = (): boolean => {
      if (spentMs > ROUNDS_MS_MAX && taken() >= ROUNDS_LEAST) return true;
      const isShort = spentMs < ROUNDS_MS_MIN && rounds > 1;
      return taken() >= (isShort ? MORE_OFTEN * rounds : rounds);
    };
    while (!isEnough()) await takeTurns();
    for (const [index, { side, run }] of contenders.entries()) {
      const profile = this.#isProfiled && side === 'statelog' ? await profileOf(run) : undefined;
      this.record(definition, side, samples[index]!, profile);
    }
  }

  /** Measures ours alone. */
  async measure(definition: FigureDefinition, run: Contender['run'], rounds?: number): Promise<void> {
    await this.compare(definition, [{ side: 'statelog', run }], rounds);
  }

  /** Notes down a figure that was measured along with another one. */
  record(
    definition: FigureDefinition,
    side: Side,
    samples: readonly number[],
    profile?: readonly ProfileLine[],
  ): void {
    if (samples.length > 0) this.figures.push({ ...definition, topic: this.#topic, side, samples, profile });
  }
}

/** A part of the engine that is measured in a process of its own. */
export interface BenchTopic {
  /** As it is given to `npm run bench`. */
  readonly id: string;
  readonly title: string;
  /** True for one that is measured only where it is asked for. */
  readonly isOptional?: boolean;
  readonly run: (task: BenchTask) => Promise<void>;
}
