import { installedPeers } from '../peers/installed.js';
import type { Figure } from './figure.js';
import { BenchTask, type BenchTopic, type TaskOrder } from './task.js';
import { keptSum, measureProcessorTime } from './timing.js';

/** What a topic's process is told. */
export interface TopicOrder extends TaskOrder {
  readonly peersFolder: string | undefined;
}

/** What it tells, as the last line on its standard output. */
export interface TopicResult {
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
}

/** Measures one topic in this process. */
export async function runTopic(topics: readonly BenchTopic[], order: TopicOrder): Promise<void> {
  const topic = topics.find(({ id }) => id === order.topic);
  if (topic === undefined) throw new RangeError(`there is no topic ${order.topic}`);
  const { peers } = installedPeers(order.peersFolder);
  if (order.processorTime) measureProcessorTime();
  const task = new BenchTask(order, peers);
  await topic.run(task);
  keptSum();
  const { figures, notes } = task;
  process.stdout.write(`\n${JSON.stringify({ figures, notes } satisfies TopicResult)}\n`);
}
