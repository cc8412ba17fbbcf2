import { allocatedBytes } from '../../support/allocated-bytes.js';
import { MulticastBuffer } from '../../../src/engine/multicast/multicast-buffer.js';
import { SharedMulticastBuffer } from '../../../src/engine/multicast/shared-multicast-buffer.js';

const PER_ROUND = 100_000;
const CAPACITY = 1_024;
const CONSUMERS = 2;
const value = new Uint8Array(100);
const objects = new MulticastBuffer<Uint8Array>(CAPACITY, CONSUMERS);
const shared = SharedMulticastBuffer.create(CAPACITY, CONSUMERS, value.length);
let sum = 0;

function visit(bytes: Uint8Array, start: number, end: number): void {
  sum = (sum + bytes[start]! + end) | 0;
}

/** One value more than fits, so that refusals are measured too. */
function fill(publish: (value: Uint8Array) => boolean): void {
  for (let count = 0; count <= CAPACITY; count += 1) publish(value);
}

const publishObject = (one: Uint8Array): boolean => objects.tryPublish(one);
const publishBytes = (one: Uint8Array): boolean => shared.tryPublish(one);
const stageBytes = (one: Uint8Array): boolean => shared.stage(one);

function passObjects(): void {
  for (let number = 0; number < PER_ROUND; number += CAPACITY) {
    fill(publishObject);
    for (let consumer = 0; consumer < CONSUMERS; consumer += 1) {
      while (objects.consume(consumer) !== undefined) sum = (sum + 1) | 0;
    }
  }
}

function passBytes(): void {
  for (let number = 0; number < PER_ROUND; number += CAPACITY) {
    fill((number & CAPACITY) === 0 ? publishBytes : stageBytes);
    for (let consumer = 0; consumer < CONSUMERS; consumer += 1) shared.consumeTo(consumer, Infinity, visit);
  }
}

const kept: object[] = [];
const report = {
  control: allocatedBytes(1, () => {
    kept.length = 0;
    for (let number = 0; number < PER_ROUND; number += 1) kept.push({ number });
  }),
  objects: allocatedBytes(100, passObjects),
  bytes: allocatedBytes(100, passBytes),
};
process.stdout.write(JSON.stringify(report));
