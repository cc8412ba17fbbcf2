import type { StateOp } from '../../../../src/engine/changelog/entry.js';
import { StateChangelogEntry } from '../../../../src/engine/changelog/entry.js';
import { KeyHash } from '../../../../src/engine/changelog/key-hash.js';

/** How the two threads of a test use the changelog. */
export type Mode = 'records' | 'entries' | 'keys';

/** What each of the two threads is given. */
export interface ThreadTask {
  readonly sharedBuffer: SharedArrayBuffer;
  readonly mode: Mode;
  readonly count: number;
  readonly seed: number;
}

/** What the producer reports. */
export interface ProducerReport {
  /** How many pushes were refused. */
  readonly refused: number;
}

/** What the consumer reports. */
export interface ConsumerReport {
  readonly received: number;
  /** The number of the first entry that was not the expected one, or -1. */
  readonly firstWrong: number;
}

/** Entries from one change of epoch to the next. */
export const EPOCH_ENTRIES = 4_096;

const hasher = new KeyHash();
const key = new Uint8Array(12);
const keyWords = new DataView(key.buffer);

/** Entry number `number`, field by field: each field depends on the number alone. */
export const expected = {
  epoch: (number: number): number => Math.floor(number / EPOCH_ENTRIES),
  hashLow: (number: number): number => Math.imul(number, 0x9e37_79b1),
  hashHigh: (number: number): number => ~number,
  offset: (number: number): number => (number % 8_191) * 2 ** 40 + number,
  valueLength: (number: number): number => Math.imul(number, 0x85eb_ca6b) >>> 0,
  op: (number: number): StateOp => (number & 1) as StateOp,
  key: (number: number): Uint8Array => {
    keyWords.setUint32(0, number);
    keyWords.setUint32(8, ~number);
    return key;
  },
};

/** Entry number `number` as an object. */
export function expectedEntry(number: number): StateChangelogEntry {
  const hash = (BigInt(expected.hashHigh(number) >>> 0) << 32n) | BigInt(expected.hashLow(number) >>> 0);
  const offset = BigInt(expected.offset(number));
  const epoch = BigInt(expected.epoch(number));
  return new StateChangelogEntry(epoch, hash, offset, expected.valueLength(number), expected.op(number));
}

/** Entry number `number` as `pushPut` or `pushDelete` makes it. */
export function expectedOfKey(number: number): StateChangelogEntry {
  hasher.hash(expected.key(number));
  const epoch = BigInt(expected.epoch(number));
  const hash = hasher.toBigint();
  if (expected.op(number) === 1) return StateChangelogEntry.delete(epoch, hash);
  return StateChangelogEntry.put(epoch, hash, BigInt(expected.offset(number)), expected.valueLength(number));
}
