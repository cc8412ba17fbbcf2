import { Worker } from 'node:worker_threads';
import type { ExecutionContext } from 'ava';
import { bundledModule } from './program.js';

/** Which of the two ends of a test's ring has reported, and what. */
export interface WorkerRun<Report> {
  readonly worker: Worker;
  /** The first message that it posts; rejected with what it throws. */
  readonly report: Promise<Report>;
}

/**
 * Starts a TypeScript module in a worker thread, with `data` as its `workerData`, and stops it with the test.
 * @param source from the project's folder
 */
export async function startWorker<Report>(
  t: ExecutionContext,
  source: string,
  data: unknown,
): Promise<WorkerRun<Report>> {
  const worker = new Worker(await bundledModule(source), { workerData: data });
  t.teardown(() => worker.terminate());
  const report = new Promise<Report>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => {
      reject(new Error('the worker ended without a report'));
    });
  });
  return { worker, report };
}
