import { dirname, join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { asStatelogError } from '../errors/error-rendering.js';
import { onInterrupt } from './interrupt.js';
import { programFile } from './program-file.js';
import { StatelogError, isStatelogError, type ErrorCode, type ErrorDetails } from '../../engine/errors.js';
import type { ArtifactForm } from '../../engine/artifact/write/write-artifact.js';
import type { Finding } from '../../engine/finding.js';
import type { ExportRequest } from '../../engine/transfer/export-store.js';
import type { ImportRequest } from '../../engine/transfer/import-store.js';
import type { FileSystem } from '../../engine/storage-io/interface/file-system.js';
import type { ReadingProgress } from '../terminal/progress.js';
import type { Terminal } from '../terminal/terminal.js';
import type { ExportReport } from '../../engine/transfer/prepared-export.js';
import type { ImportReport } from '../../engine/transfer/import-store.js';

/** A snapshot that is written to a path. */
export interface ExportTask extends Omit<ExportRequest, 'fileSystem'> {
  readonly destination: string;
  readonly form: ArtifactForm;
  /** True where `prepareAtHand` found nothing. */
  readonly isNotAtHand?: boolean;
}

/** The report of an export, and the remarks about its source. */
interface ExportOutcome {
  readonly report: ExportReport;
  readonly notices: readonly Finding[];
}

/** An import of what lies at a path. */
export type ImportTask = Omit<ImportRequest, 'fileSystem' | 'stream'>;

/** Work that does not return to the event loop until it is done, by its name. */
const JOBS = {
  export: async (task: ExportTask, fileSystem?: FileSystem): Promise<ExportOutcome> => {
    const { prepareExport, prepareNotAtHand } = await import('../../engine/transfer/export-store.js');
    const prepare = task.isNotAtHand === true ? prepareNotAtHand : prepareExport;
    const prepared = prepare({ ...task, fileSystem });
    try {
      const report = prepared.writeTo(task.destination, task.form);
      return { report, notices: prepared.notices };
    } finally {
      prepared.close();
    }
  },
  import: async (task: ImportTask, fileSystem?: FileSystem): Promise<ImportReport> => {
    const { importStore } = await import('../../engine/transfer/import-store.js');
    return importStore({ ...task, fileSystem });
  },
};

/** The data that a thread starts with. */
interface ThreadData {
  readonly starter: string;
  readonly name: JobName;
  readonly task: unknown;
  /** Whether anybody sees how far it reads. */
  readonly isWatched: boolean;
}

type JobName = keyof typeof JOBS;
type TaskOf<N extends JobName> = Parameters<(typeof JOBS)[N]>[0];
type ReportOf<N extends JobName> = Awaited<ReturnType<(typeof JOBS)[N]>>;

/** A message from a thread to the one that started it. */
type Message =
  | { readonly staged: string; readonly isThere: boolean }
  | { readonly read: string; readonly position: number; readonly size: number }
  | { readonly report: unknown }
  | { readonly code: ErrorCode; readonly message: string; readonly details: ErrorDetails };

/** Less than this is done before somebody who sends a signal would wonder: a thread would only cost time. */
const OWN_THREAD_BYTES = 64 * 1024 * 1024;
/** How often a thread says how far it has read. */
const READ_TOLD_EVERY_MS = 100;
/** Words before the name of the file that is read. */
const DOING: Readonly<Record<JobName, string>> = { export: 'exporting', import: 'importing' };
/** Most of what the work drops are blocks, which do not lie in V8's heap: a larger young generation only takes memory. */
const LIMITS = { maxYoungGenerationSizeMb: 2 };
/** Runs in the thread: the program, loaded anew as it is started, does its part. */
const THREAD = `require(require('node:worker_threads').workerData.starter).serveJob()`;

/**
 * Does a piece of work on what lies at a path; where that is large, in a thread of its own, so that a signal is heard meanwhile
 * and takes away what was being put together, and a person at a terminal sees how far each file was read.
 * @throws StatelogError what the work throws
 */
export async function runJob<N extends JobName>(
  name: N,
  task: TaskOf<N>,
  source: string,
  terminal: Terminal,
): Promise<ReportOf<N>> {
  const program = programFile();
  // Sources that are run as they lie have no one file that a thread could load.
  if (!program.endsWith('.cjs') || !(await isLarge(source))) return JOBS[name](task as never) as never;
  const starter = join(dirname(program), '..', 'bin', 'run.js');
  const { Worker: Thread } = await import('node:worker_threads');
  const { ReadingProgress } = await import('../terminal/progress.js');
  const progress = await ReadingProgress.on(terminal, DOING[name]);
  const workerData: ThreadData = { starter, name, task, isWatched: progress !== undefined };
  try {
    const thread = new Thread(THREAD, { eval: true, resourceLimits: LIMITS, workerData });
    return (await follow(thread, progress)) as ReportOf<N>;
  } finally {
    progress?.pause();
  }
}

async function isLarge(path: string): Promise<boolean> {
  const [{ realFileSystem }, { treeBytes }] = await Promise.all([
    import('../../engine/storage-io/real/real-file-system.js'),
    import('../../engine/storage-io/whole/tree-bytes.js'),
  ]);
  try {
    return treeBytes(realFileSystem(), path) >= OWN_THREAD_BYTES;
  } catch (error) {
    // The work itself reports a fault of it.
    if (isStatelogError(error)) return false;
    throw error;
  }
}

/** The result of the thread. On a signal it is stopped first, and what it had staged is then removed. */
async function follow(thread: Worker, progress: ReadingProgress | undefined): Promise<unknown> {
  const staged = new Set<string>();
  const dispose = onInterrupt(async () => {
    progress?.pause();
    await thread.terminate();
    await removeAll(staged);
  });
  const outcome = await new Promise<Message>((resolve, reject) => {
    thread.on('message', (message: Message) => {
      if ('read' in message) progress?.read(message.read, message.position, message.size);
      else if (!('staged' in message)) resolve(message);
      else if (message.isThere) staged.add(message.staged);
      else staged.delete(message.staged);
    });
    thread.on('error', reject);
  });
  // A signal that came with the end is heard before anything is said.
  await new Promise(setImmediate);
  dispose();
  if ('report' in outcome) return outcome.report;
  if ('code' in outcome) throw new StatelogError(outcome.code, outcome.message, outcome.details);
  throw new TypeError('a thread said what nobody asked for');
}

async function removeAll(paths: ReadonlySet<string>): Promise<void> {
  const [{ realFileSystem }, { anchoredPlace }, { removeTree }] = await Promise.all([
    import('../../engine/storage-io/real/real-file-system.js'),
    import('../../engine/storage-io/views/anchored-file-system.js'),
    import('../../engine/storage-io/whole/remove-tree.js'),
  ]);
  for (const path of paths) removeTree(anchoredPlace(realFileSystem(), path), path);
}

/** The thread's part of `runJob`. */
export async function serveJob(): Promise<void> {
  const [threads, { onStaged }] = await Promise.all([
    import('node:worker_threads'),
    import('../../engine/storage-io/whole/staged-paths.js'),
  ]);
  const say = (message: Message): void => threads.parentPort?.postMessage(message);
  onStaged((staged, isThere) => {
    say({ staged, isThere });
  });
  const { name, task, isWatched } = threads.workerData as ThreadData;
  try {
    const fileSystem = isWatched ? await telling(say) : undefined;
    say({ report: await JOBS[name](task as never, fileSystem) });
  } catch (thrown) {
    const { code, message, details } = asStatelogError(thrown);
    say({ code, message, details });
  }
}

/** The disk, of which is told how far each file was read. */
async function telling(say: (message: Message) => void): Promise<FileSystem> {
  const [{ realFileSystem }, { watchedFileSystem }] = await Promise.all([
    import('../../engine/storage-io/real/real-file-system.js'),
    import('../../engine/storage-io/views/watched-file-system.js'),
  ]);
  let toldMs = 0;
  return watchedFileSystem(realFileSystem(), (read, position, size) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < READ_TOLD_EVERY_MS) return;
    toldMs = nowMs;
    say({ read, position, size });
  });
}
