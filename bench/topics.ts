import type { BenchTopic } from './frame/task.js';
import { stateTopic } from './state.js';
import { walTopic } from './wal.js';

/** All topics, in the order in which they are measured. */
export const BENCH_TOPICS: readonly BenchTopic[] = [stateTopic, walTopic];
