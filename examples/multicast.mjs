// One producer, two worker threads that each read every message in full; the slower one sets the pace.
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { SharedMulticastBuffer } from 'statelog';

const CAPACITY = 4; // messages that fit: a power of two
const MESSAGES = 100;
const CONSUMERS = 2;

if (isMainThread) {
  const buffer = SharedMulticastBuffer.create(CAPACITY, CONSUMERS, 16);
  const sums = Array.from({ length: CONSUMERS }, (_, index) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { shared: buffer.sharedBuffer, index },
    });
    return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  for (let number = 1; number <= MESSAGES; number += 1) {
    // False while the slowest consumer has not read the oldest message: nothing is ever overwritten.
    while (!buffer.tryPublish(Buffer.from(String(number)))) await new Promise(setImmediate);
  }
  for (const [index, sum] of (await Promise.all(sums)).entries()) console.log(`consumer ${index}: ${sum}`);
} else {
  const buffer = SharedMulticastBuffer.attach(workerData.shared);
  let sum = 0;
  for (let count = 0; count < MESSAGES;) {
    const message = buffer.consume(workerData.index);
    if (message === undefined) await new Promise(setImmediate);
    else {
      sum += Number(Buffer.from(message));
      count += 1;
    }
  }
  parentPort.postMessage(sum);
}

// Prints:
// consumer 0: 5050
// consumer 1: 5050
