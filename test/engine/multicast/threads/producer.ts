import { parentPort, workerData } from 'node:worker_threads';
import { Spinner, Staller } from '../../../support/spinner.js';
import { SharedMulticastBuffer } from '../../../../src/engine/multicast/shared-multicast-buffer.js';
import type { ThreadTask } from './task.js';
import { VALUE_BYTES_MAX, byteOf, lengthOf } from './task.js';

const task = workerData as ThreadTask;
const buffer = SharedMulticastBuffer.attach(task.sharedBuffer);
const spinner = new Spinner();
const staller = new Staller(task.seed);
const values = Array.from({ length: VALUE_BYTES_MAX + 1 }, (_, length) => new Uint8Array(length));
let refused = 0;
for (let number = 0; number < task.count; number += 1) {
  const value = values[lengthOf(number)]!.fill(byteOf(number));
  while (!(task.isBatched ? buffer.stage(value) : buffer.tryPublish(value))) {
    refused += 1;
    spinner.wait();
  }
  spinner.reset();
  staller.maybeStall();
}
buffer.flush();
parentPort?.postMessage(refused);
