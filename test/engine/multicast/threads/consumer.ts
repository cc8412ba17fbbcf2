import { parentPort, workerData } from 'node:worker_threads';
import { Spinner, Staller } from '../../../support/spinner.js';
import { SharedMulticastBuffer } from '../../../../src/engine/multicast/shared-multicast-buffer.js';
import type { ConsumerReport, ThreadTask } from './task.js';
import { byteOf, lengthOf } from './task.js';

const task = workerData as ThreadTask;
const buffer = SharedMulticastBuffer.attach(task.sharedBuffer);
const spinner = new Spinner();
const staller = new Staller(~task.seed);
let received = 0;
let firstWrong = -1;

function take(bytes: Uint8Array, start: number, end: number): void {
  let isRight = end - start === lengthOf(received);
  const byte = byteOf(received);
  for (let at = start; at < end; at += 1) if (bytes[at] !== byte) isRight = false;
  if (!isRight && firstWrong < 0) firstWrong = received;
  received += 1;
  staller.maybeStall();
}

while (received < task.count) {
  const before = received;
  if (task.isBatched) buffer.consumeTo(task.consumerIndex, 1_000, take);
  else {
    const value = buffer.consume(task.consumerIndex);
    if (value !== undefined) take(value, 0, value.length);
  }
  if (received === before) spinner.wait();
  else spinner.reset();
}
parentPort?.postMessage({ received, firstWrong } satisfies ConsumerReport);
