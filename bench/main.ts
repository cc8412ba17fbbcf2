import { isMainThread, workerData } from 'node:worker_threads';
import { BENCH_HELP, parseRequest } from './frame/arguments.js';
import { runBench } from './frame/run-bench.js';
import { runTopic, type TopicOrder } from './frame/run-topic.js';
import { runThreadJob, type ThreadJob } from './frame/threads.js';
import { GOALS } from './goals.js';
import { GROWTH_CURVES } from './growth-curves.js';
import { BENCH_TOPICS } from './topics.js';
import { THREAD_JOBS } from './thread-jobs.js';

/*
 * The bundled program: the bench itself, the process of one topic (`--run-topic ORDER`), and the threads that a
 * topic starts.
 */

async function main([first, order, ...rest]: readonly string[]): Promise<void> {
  if (first === '--run-topic' && order !== undefined) {
    await runTopic(BENCH_TOPICS, JSON.parse(order) as TopicOrder);
    return;
  }
  const request = parseRequest([first, order, ...rest].filter((argument) => argument !== undefined));
  if (request === undefined) process.stdout.write(BENCH_HELP);
  else
    process.exitCode = await runBench(request, { topics: BENCH_TOPICS, goals: GOALS, curves: GROWTH_CURVES });
}

if (isMainThread) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  });
} else {
  runThreadJob(THREAD_JOBS, workerData as ThreadJob);
}
