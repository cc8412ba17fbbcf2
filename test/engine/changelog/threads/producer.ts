import { parentPort, workerData } from 'node:worker_threads';
import { Spinner, Staller } from '../../../support/spinner.js';
import { StateChangelogBuffer } from '../../../../src/engine/changelog/buffer.js';
import type { ProducerReport, ThreadTask } from './expected.js';
import { EPOCH_ENTRIES, expected, expectedEntry } from './expected.js';

const task = workerData as ThreadTask;
const buffer = StateChangelogBuffer.attach(task.sharedBuffer);

function push(number: number): boolean {
  const offset = expected.offset(number);
  const valueLength = expected.valueLength(number);
  if (task.mode === 'entries') return buffer.push(expectedEntry(number));
  if (task.mode === 'records') {
    const op = expected.op(number);
    return buffer.pushRecord(op, expected.hashLow(number), expected.hashHigh(number), offset, valueLength);
  }
  if (expected.op(number) === 1) return buffer.pushDelete(expected.key(number));
  return buffer.pushPut(expected.key(number), BigInt(offset), valueLength);
}

const spinner = new Spinner();
const staller = new Staller(task.seed);
let refused = 0;
for (let number = 0; number < task.count; number += 1) {
  if (number % EPOCH_ENTRIES === 0) buffer.setEpoch(BigInt(expected.epoch(number)));
  while (!push(number)) {
    refused += 1;
    spinner.wait();
  }
  spinner.reset();
  staller.maybeStall();
}
buffer.flush();
parentPort?.postMessage({ refused } satisfies ProducerReport);
