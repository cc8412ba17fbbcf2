import { Worker } from 'node:worker_threads';
import type { ExecutionContext } from 'ava';

const tsxUrl = import.meta.resolve('tsx/esm/api');

/** Which of the two ends of a test's ring has reported, and what. */
export interface WorkerRun<Report> {
  readonly worker: Worker;
  /** The first message that it posts; rejected with what it throws. */
  readonly report: Promise<Report>;
}

/**
 * Starts a TypeScript module in a worker thread, with `data` as its `workerData`, and stops it
 * with the test. Worker threads do not inherit the loader that `--import=tsx` registers, so
 * that each registers its own.
 */
export function startWorker<Report>(t: ExecutionContext, module: URL, data: unknown): WorkerRun<Report> {
  const start = `import(${JSON.stringify(tsxUrl)}).then((tsx) => {
    tsx.register();
    return import(${JSON.stringify(module.href)});
  })`;
  const worker = new Worker(start, { eval: true, workerData: data });
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
