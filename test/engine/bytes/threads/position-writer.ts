import { parentPort, workerData } from 'node:worker_threads';
import { storePosition } from '../../../../src/engine/bytes/shared/shared-position.js';
import type { PositionTask } from './position-task.js';
import { STEP } from './position-task.js';

const task = workerData as PositionTask;
const words = new Int32Array(task.sharedBuffer);
let low = 0;
for (let step = 0; step < task.steps; step += 1) {
  const next = (low + STEP) | 0;
  storePosition(words, task.at, low, next);
  low = next;
}
parentPort?.postMessage(null);
