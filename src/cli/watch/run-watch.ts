import type { Finding } from '../../engine/finding.js';
import type { WatchEvent } from '../../engine/inspect/watch/watch-step.js';
import { EXIT_CODES, exitCodeOfFinding, worseExitCode, type ExitCode } from '../errors/exit-codes.js';
import { type Interruption, Turns } from '../replay/replay-run.js';
import type { ByteOutput } from '../terminal/byte-output.js';
import type { ChangeCommand } from './change-command.js';
import type { ChangeOutput } from './change-output.js';
import type { WatchedChanges } from './watched-changes.js';

/** The work to do with changes. */
export interface WatchWork {
  readonly changes: Pick<WatchedChanges, 'next' | 'more'>;
  readonly output: ByteOutput;
  /** Prints them, unless a command is run. */
  readonly printed: ChangeOutput;
  readonly command: ChangeCommand | undefined;
  /** End after so many. */
  readonly limit: number;
  readonly notice: (finding: Finding) => void;
  /** Told of a command that failed. */
  readonly onFailure: (how: string, event: WatchEvent) => void;
}

/**
 * Takes changes as they come, each once, and the next one when the one before was taken.
 * @returns 0 at the limit or where the reader went away; 1 where a command failed; 3 where some were lost
 */
export async function runWatch(work: WatchWork, interruption: Interruption): Promise<ExitCode> {
  const { changes, output, limit } = work;
  const turns = new Turns();
  let worst: ExitCode = EXIT_CODES.done;
  let taken = 0;
  while (taken < limit && !interruption.isOver) {
    const step = changes.next();
    if (step.type === 'event') {
      taken += 1;
      if (!(await take(work, step.event, interruption))) worst = worseExitCode(worst, EXIT_CODES.no);
    } else if (step.type === 'finding') {
      worst = worseExitCode(worst, exitCodeOfFinding(step.finding));
      work.notice(step.finding);
    } else {
      if (!(await output.flush())) break;
      await changes.more();
    }
    if (output.isFull && !(await output.flush())) break;
    if (turns.isDue) await turns.take();
  }
  await output.flush();
  return worst;
}

/** @returns false where its command failed */
async function take(
  { printed, command, onFailure }: WatchWork,
  event: WatchEvent,
  interruption: Interruption,
): Promise<boolean> {
  if (command === undefined) {
    printed.write(event);
    return true;
  }
  // A cursor is no change.
  const failure = event.op === 'cursor' ? undefined : await command.run(event);
  if (failure !== undefined && !interruption.isOver) onFailure(failure, event);
  return failure === undefined;
}
