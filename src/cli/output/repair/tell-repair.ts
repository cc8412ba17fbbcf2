import type { RepairProgress, RepairSummary } from '../../../engine/repair/account/report.js';
import { EXIT_CODES, type ExitCode } from '../../errors/exit-codes.js';
import { startProgress } from '../../terminal/progress.js';
import type { Terminal } from '../../terminal/terminal.js';

/**
 * Goes through the steps of a repair, shows how far it has come, and writes all else that they tell. It goes on when nobody listens
 * any more: what it is for is the new place.
 * @param textOf the lines for one event
 * @returns the result of the steps; the lines are flushed by whoever writes the last of them
 */
export async function tellRepair<Event extends object, Result>(
  terminal: Terminal,
  label: string,
  steps: AsyncGenerator<Event, Result>,
  textOf: (event: Exclude<Event, { readonly progress: unknown }>) => string,
): Promise<Result> {
  const { output } = terminal;
  const progress = startProgress(terminal, label, 1, { isTimeShown: true });
  try {
    let step = await steps.next();
    for (; step.done !== true; step = await steps.next()) {
      if (isProgress(step.value)) {
        const { doneBytes, totalBytes } = step.value.progress;
        progress.advanceTo(doneBytes / Math.max(1, totalBytes));
        // The progress display loads, and writes, when the event loop comes round.
        await new Promise(setImmediate);
        continue;
      }
      output.writeText(textOf(step.value as Exclude<Event, { readonly progress: unknown }>));
      if (output.isFull) await output.flush();
    }
    return step.value;
  } finally {
    progress.stop();
    // Where something was thrown here and not there: what was begun is taken away.
    await steps.return(undefined as never);
  }
}

function isProgress(event: object): event is { readonly progress: RepairProgress } {
  return 'progress' in event;
}

/** The exit code for what a repair came to. */
export function repairExitCode({ gaps, lost, torn, dryRun }: RepairSummary): ExitCode {
  if (gaps > 0 || lost.keys > 0) return EXIT_CODES.damage;
  return torn > 0 && dryRun ? EXIT_CODES.tornTail : EXIT_CODES.done;
}
