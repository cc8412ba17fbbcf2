import { allocatedBytes } from '../../support/allocated-bytes.js';
import { StateChangelogBuffer } from '../../../src/engine/changelog/buffer.js';
import { StateOp } from '../../../src/engine/changelog/entry.js';

const PER_ROUND = 100_000;
const CAPACITY = 1_024;
const buffer = StateChangelogBuffer.withCapacity(CAPACITY);
const key = new Uint8Array(24);
let sum = 0;

function visit(
  _epochLow: number,
  _epochHigh: number,
  hashLow: number,
  hashHigh: number,
  offsetLow: number,
): void {
  sum = (sum + hashLow + hashHigh + offsetLow) | 0;
}

/** Fills the ring one entry past its end, so that overflows are measured too, and drains it. */
function fillAndDrain(push: (number: number) => void): void {
  for (let number = 0; number < PER_ROUND; number += CAPACITY) {
    for (let count = 0; count <= CAPACITY; count += 1) push(number + count);
    buffer.drainTo(Infinity, visit);
  }
}

function pushRecord(number: number): void {
  buffer.pushRecord(StateOp.put, Math.imul(number, 0x9e37_79b1), ~number, number * 8, number & 0xffff);
}

function pushKey(number: number): void {
  key[number % key.length] = number;
  if ((number & 1) === 0) buffer.pushPut(key, 0xffff_ffff_ffffn, 100);
  else buffer.pushDelete(key);
}

const kept: object[] = [];
const report = {
  control: allocatedBytes(1, () => {
    kept.length = 0;
    for (let number = 0; number < PER_ROUND; number += 1) kept.push({ number });
  }),
  records: allocatedBytes(100, () => {
    fillAndDrain(pushRecord);
  }),
  keys: allocatedBytes(100, () => {
    fillAndDrain(pushKey);
  }),
};
process.stdout.write(JSON.stringify(report));
