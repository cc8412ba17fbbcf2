import { ReplayInto } from '../../engine/inspect/replay/replay-into.js';
import type { WritableStore } from '../../engine/store/store.js';
import type { ExitCode } from '../errors/exit-codes.js';
import { runReplay, type Interruption, type ReplayWork } from './replay-run.js';
import type { Terminal } from '../terminal/terminal.js';
import { visibleText } from '../terminal/visible-text.js';

/** Which stores records are applied to. */
export interface IntoOptions {
  /** Locked; closed when the work is over. */
  readonly stores: readonly WritableStore[];
  readonly json: boolean;
}

/**
 * `runReplay` into stores; what each of them got is printed at the end, however that came.
 * @throws StatelogError what `runReplay` and `ReplayInto` throw
 */
export async function runReplayInto(
  terminal: Terminal,
  work: Omit<ReplayWork, 'into'>,
  interruption: Interruption,
  { stores, json }: IntoOptions,
): Promise<ExitCode> {
  try {
    const into = new ReplayInto(stores);
    try {
      return await runReplay(terminal, { ...work, into }, interruption);
    } finally {
      await into.settle();
      writeApplied(terminal, into, json);
      if (into.commits > 0 && !json) terminal.writeError(`statelog: ${commitsText(into.commits)}\n`);
      await terminal.output.flush();
    }
  } finally {
    for (const store of stores) store.close();
  }
}

function writeApplied({ output }: Terminal, into: ReplayInto, json: boolean): void {
  for (const applied of into.applied) {
    const { path, puts, deletes } = applied;
    output.writeText(
      json
        ? `${JSON.stringify({ applied })}\n`
        : `${visibleText(path)}: applied ${puts} puts and ${deletes} deletes\n`,
    );
  }
}

/** The records say it of the store that they are of: of another one it would not be true. */
function commitsText(commits: number): string {
  const what = commits === 1 ? '1 commit was' : `${commits} commits were`;
  return `${what} not applied: how far sources were taken, and watermarks, stay with the store that has them ('statelog export' carries them)`;
}
