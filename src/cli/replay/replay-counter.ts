import {
  RecordGroups,
  type CountedRecord,
  type Grouping,
} from '../../engine/inspect/replay/record-groups.js';
import { ReplayStats } from '../../engine/inspect/replay/replay-stats.js';
import { writeReplayStats, type StatsForm } from '../output/records/replay-stats-output.js';
import type { ExitCode } from '../errors/exit-codes.js';
import { runInterruptibly } from '../program/interruptible.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Interruption } from './replay-run.js';

/** Sums up records for `--stats`, and prints the sums. */
export class ReplayCounter {
  readonly stats: ReplayStats;
  readonly groups: RecordGroups | undefined;
  readonly #form: StatsForm;

  /**
   * @param operations the names of all operations, by their number
   * @param by what they are also summed up by
   */
  constructor(operations: readonly string[], by: Grouping | undefined, form: StatsForm) {
    this.stats = new ReplayStats(operations);
    this.groups = by === undefined ? undefined : new RecordGroups(by, operations);
    this.#form = form;
  }

  take(record: CountedRecord): void {
    this.stats.take(record);
    this.groups?.take(record);
  }

  /** @param isComplete false where reading was interrupted */
  async write(terminal: Terminal, isComplete: boolean): Promise<void> {
    await writeReplayStats(terminal, this.stats, this.groups, { ...this.#form, isComplete });
  }
}

/**
 * Runs work that sums up, or that a signal ends in good order; the sums are printed at the end, or when a signal comes.
 * @returns the work's exit code
 */
export async function runCounted(
  terminal: Terminal,
  run: (interruption: Interruption) => Promise<ExitCode>,
  {
    counter,
    wake = () => undefined,
    isWaitedFor = false,
  }: {
    readonly counter: ReplayCounter | undefined;
    readonly wake?: (() => void) | undefined;
    readonly isWaitedFor?: boolean;
  },
): Promise<ExitCode> {
  const writeSums = async (isComplete: boolean): Promise<void> => {
    if (counter === undefined) await terminal.output.flush();
    else await counter.write(terminal, isComplete);
  };
  const exitCode = await runInterruptibly(run, {
    wake,
    abandonOutput: () => {
      terminal.output.abandon();
    },
    isWaitedFor,
    last: () => writeSums(false),
  });
  await writeSums(true);
  return exitCode;
}
