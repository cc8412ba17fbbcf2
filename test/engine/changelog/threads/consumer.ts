import { isDeepStrictEqual } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { Spinner, Staller } from '../../../support/spinner.js';
import { StateChangelogBuffer } from '../../../../src/engine/changelog/buffer.js';
import type { StateChangelogEntry } from '../../../../src/engine/changelog/entry.js';
import type { ConsumerReport, ThreadTask } from './expected.js';
import { expected, expectedEntry, expectedOfKey } from './expected.js';

const task = workerData as ThreadTask;
const buffer = StateChangelogBuffer.attach(task.sharedBuffer);
const spinner = new Spinner();
const staller = new Staller(~task.seed);
let received = 0;
let firstWrong = -1;

function note(isRight: boolean): void {
  if (!isRight && firstWrong < 0) firstWrong = received;
  received += 1;
  staller.maybeStall();
}

function takeEntry(entry: StateChangelogEntry): void {
  const wanted = task.mode === 'entries' ? expectedEntry(received) : expectedOfKey(received);
  note(isDeepStrictEqual(entry, wanted));
}

function takeRecord(
  epochLow: number,
  epochHigh: number,
  hashLow: number,
  hashHigh: number,
  offsetLow: number,
  offsetHigh: number,
  valueLength: number,
  op: number,
): void {
  note(
    epochLow === expected.epoch(received) &&
      epochHigh === 0 &&
      hashLow === expected.hashLow(received) &&
      hashHigh === expected.hashHigh(received) &&
      offsetHigh * 2 ** 32 + (offsetLow >>> 0) === expected.offset(received) &&
      valueLength === expected.valueLength(received) &&
      op === expected.op(received),
  );
}

function take(): void {
  if (task.mode === 'records') buffer.drainTo(1_000, takeRecord);
  else if (task.mode === 'keys') for (const entry of buffer.drain(100)) takeEntry(entry);
  else {
    const entry = buffer.pop();
    if (entry !== undefined) takeEntry(entry);
  }
}

while (received < task.count) {
  const before = received;
  take();
  if (received === before) spinner.wait();
  else spinner.reset();
}
parentPort?.postMessage({ received, firstWrong } satisfies ConsumerReport);
