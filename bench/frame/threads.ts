import { Worker, parentPort } from 'node:worker_threads';

/** What another thread is to do: a job by its name, with what it is given. */
export interface ThreadJob {
  readonly name: string;
  readonly memory: SharedArrayBuffer;
  readonly count: number;
  /** Which of several it is. */
  readonly index: number;
}

/** Does a job's work, and returns what it measured. */
export type ThreadWork = (job: ThreadJob) => number;

/** Starts a thread of this program for a job, and returns what the job returned. */
export function startThread(job: ThreadJob): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** In such a thread: does the job. */
export function runThreadJob(jobs: Readonly<Record<string, ThreadWork>>, job: ThreadJob): void {
  const work = jobs[job.name];
  if (work === undefined) throw new RangeError(`there is no job ${job.name}`);
  parentPort?.postMessage(work(job));
}
