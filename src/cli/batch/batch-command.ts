import type { WritableStore } from '../../engine/store/store.js';
import { StoreLease, type StoreLeaseOptions } from '../command/store-lease.js';
import { EXIT_CODES, type ExitCode } from '../errors/exit-codes.js';
import type { Terminal } from '../terminal/terminal.js';
import type { ReadingProgress } from '../terminal/progress.js';
import { visibleText } from '../terminal/shown/visible-text.js';
import { rejectJson, rejectLine, rejectsLine, type Reject } from './reject.js';
import { runBatch, type BatchResult, type BatchRun } from './run-batch.js';

/** The least time to wait for a lock that was let go of while nothing came. */
const RETAKE_WAIT_MS = 60_000;

/** A batch as a command was asked to run it. */
export interface BatchRequest {
  readonly store: Omit<StoreLeaseOptions, 'retakeWaitMs'>;
  readonly run: Omit<BatchRun, 'rejects' | 'onReject'>;
  /** The file for lines that changed nothing. */
  readonly rejectsPath: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Called with the store before anything of the batch is written. */
  readonly begin?: ((store: WritableStore) => void) | undefined;
  /** Called with the store once all of the batch is on disk. */
  readonly end?: ((store: WritableStore) => Promise<void>) | undefined;
}

/**
 * Runs a batch on a store that is let go of while nothing comes, and tells of lines that changed nothing.
 * @returns what it came to, and the exit code that its lines call for: 2 where one was refused, 1 where a condition did not hold
 * @throws StatelogError as `runBatch`
 */
export async function runBatchCommand(
  terminal: Terminal,
  request: BatchRequest,
): Promise<{ readonly result: BatchResult; readonly exitCode: ExitCode }> {
  const { store, run, rejectsPath, quiet, json } = request;
  const rejects = await openRejects(request);
  const lease = new StoreLease({ ...store, retakeWaitMs: RETAKE_WAIT_MS });
  const progress = quiet ? undefined : await readingProgress(terminal);
  const onReject = (reject: Reject): void => {
    progress?.pause();
    if (!quiet) terminal.writeError(`${json ? rejectJson(reject) : visibleText(rejectLine(reject))}\n`);
  };
  try {
    request.begin?.(await lease.take());
    const result = await runBatch(lease, { ...run, rejects, onReject }, terminal, progress);
    await request.end?.(await lease.take());
    if (!quiet && !json && result.bad + result.unheld > 0)
      terminal.writeError(`${visibleText(rejectsLine(result, rejectsPath))}\n`);
    return { result, exitCode: exitCodeOf(result) };
  } finally {
    lease.letGo();
    rejects?.close();
  }
}

/** Loaded only where somebody sees it. */
async function readingProgress(terminal: Terminal): Promise<ReadingProgress | undefined> {
  if (!terminal.errorsAreTerminal) return undefined;
  const { ReadingProgress: Progress } = await import('../terminal/progress.js');
  return Progress.on(terminal, 'reading');
}

async function openRejects({ rejectsPath, store, run }: BatchRequest): Promise<BatchRun['rejects']> {
  if (rejectsPath === undefined) return undefined;
  const { openRejects: open } = await import('./rejects-file.js');
  return open(rejectsPath, [store.path, run.file]);
}

function exitCodeOf({ bad, unheld }: BatchResult): ExitCode {
  if (bad > 0) return EXIT_CODES.usage;
  return unheld > 0 ? EXIT_CODES.no : EXIT_CODES.done;
}
