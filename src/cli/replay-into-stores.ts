import type { Finding } from '../engine/finding.js';
import { openDestinations } from '../engine/inspect/replay-destinations.js';
import { ReplayInto } from '../engine/inspect/replay-into.js';
import type { ExitCode } from './exit-codes.js';
import { runReplay, type Interruption, type ReplayWork } from './replay-run.js';
import type { Terminal } from './terminal.js';

/** Which stores records are applied to. */
export interface IntoOptions {
  readonly destinations: readonly string[];
  readonly isOntoExisting: boolean;
  readonly waitMs: number;
  readonly json: boolean;
  /** Says what was noticed while a store was opened. */
  readonly notice: (finding: Finding) => void;
}

/**
 * `runReplay` into stores; what each of them got is printed at the end, however that came.
 * @throws StatelogError what `openDestinations`, `runReplay` and `ReplayInto` throw
 */
export async function runReplayInto(
  terminal: Terminal,
  work: Omit<ReplayWork, 'into'>,
  interruption: Interruption,
  options: IntoOptions,
): Promise<ExitCode> {
  const stores = await openDestinations(options.destinations, options);
  try {
    for (const { notices } of stores) notices.forEach(options.notice);
    const into = new ReplayInto(stores);
    try {
      return await runReplay(terminal, { ...work, into }, interruption);
    } finally {
      await into.settle();
      writeApplied(terminal, into, options.json);
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
      json ? `${JSON.stringify({ applied })}\n` : `${path}: applied ${puts} puts and ${deletes} deletes\n`,
    );
  }
}
