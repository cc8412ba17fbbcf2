import test from 'ava';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { resetPosition } from '../../../src/engine/bytes/shared/shared-position.js';
import { StateChangelogBuffer } from '../../../src/engine/changelog/buffer.js';
import type { StateOp } from '../../../src/engine/changelog/entry.js';
import { StateChangelogEntry } from '../../../src/engine/changelog/entry.js';
import { HEAD, TAIL } from '../../../src/engine/changelog/layout.js';
import { referenceKeyHash } from './reference-key-hash.js';

/** What one step of a random run does; `count` is how often or how many. */
interface Step {
  readonly kind:
    'push' | 'record' | 'put' | 'delete' | 'pop' | 'drain' | 'drainTo' | 'fail' | 'clear' | 'flush' | 'epoch';
  readonly count: number;
  readonly entry: StateChangelogEntry;
  readonly key: Uint8Array;
}

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const offset = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n });
const length = fc.nat(2 ** 32 - 1);
const entry = fc
  .tuple(u64, u64, offset, length, fc.constantFrom<StateOp>(0, 1))
  .map((fields) => new StateChangelogEntry(...fields));
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(
    'push',
    'record',
    'put',
    'delete',
    'pop',
    'drain',
    'drainTo',
    'fail',
    'clear',
    'flush',
    'epoch',
  ),
  count: fc.oneof(fc.nat(5), fc.nat(200)),
  entry,
  key: fc.uint8Array({ maxLength: 20 }),
});

/** A changelog beside what it should hold: the entries accepted and not yet taken, in order. */
class Run {
  readonly held: StateChangelogEntry[] = [];
  /** How many of those must be visible to the consumer; more may be. */
  visible = 0;
  accepted: number;
  overflows = 0;
  drained = 0;
  epoch = 0n;
  readonly #t: ExecutionContext;
  readonly #producer: StateChangelogBuffer;
  readonly #consumer: StateChangelogBuffer;

  constructor(t: ExecutionContext, capacity: number, start: number, isOneObject: boolean) {
    this.#t = t;
    this.#producer = StateChangelogBuffer.withCapacity(capacity);
    const words = new Int32Array(this.#producer.sharedBuffer);
    resetPosition(words, HEAD, start);
    resetPosition(words, TAIL, start);
    this.#consumer = isOneObject ? this.#producer : StateChangelogBuffer.attach(this.#producer.sharedBuffer);
    this.accepted = start;
    this.drained = start;
  }

  take(step: Step): void {
    if (step.kind === 'epoch') {
      this.epoch = step.entry.epoch;
      this.#producer.setEpoch(this.epoch);
    } else if (step.kind === 'flush') {
      this.#producer.flush();
      this.visible = this.held.length;
    } else if (['push', 'record', 'put', 'delete'].includes(step.kind)) {
      for (let count = 0; count < step.count; count += 1) this.#push(step);
    } else this.#remove(step);
    this.#check();
  }

  #push(step: Step): void {
    const hasRoom = this.held.length < this.#producer.capacity;
    const [isPushed, expected] = this.#pushOne(step);
    this.#t.is(isPushed, hasRoom);
    if (hasRoom) this.held.push(expected);
    if (hasRoom) this.accepted += 1;
    else this.overflows += 1;
    if (step.kind !== 'record' || !hasRoom) this.visible = this.held.length;
  }

  #pushOne({ kind, entry, key }: Step): [boolean, StateChangelogEntry] {
    const { mmapOffset, valueLength, op } = entry;
    if (kind === 'push') return [this.#producer.push(entry), entry];
    if (kind === 'record') {
      const low = Number(BigInt.asIntN(32, entry.keyHash));
      const high = Number(BigInt.asIntN(32, entry.keyHash >> 32n));
      const expected = new StateChangelogEntry(this.epoch, entry.keyHash, mmapOffset, valueLength, op);
      return [this.#producer.pushRecord(op, low, high, Number(mmapOffset), valueLength), expected];
    }
    const hash = referenceKeyHash(key);
    if (kind === 'delete')
      return [this.#producer.pushDelete(key), StateChangelogEntry.delete(this.epoch, hash)];
    const expected = StateChangelogEntry.put(this.epoch, hash, mmapOffset, valueLength);
    return [this.#producer.pushPut(key, mmapOffset, valueLength), expected];
  }

  #remove({ kind, count }: Step): void {
    if (this.#producer === this.#consumer) this.visible = this.held.length;
    const wanted = kind === 'pop' ? 1 : count;
    if (kind === 'clear') this.#clear();
    else if (kind === 'pop')
      this.#expect(
        wanted,
        [this.#consumer.pop()].filter((taken) => taken !== undefined),
      );
    else if (kind === 'drain') this.#expect(wanted, [...this.#consumer.drain(wanted)]);
    else this.#expect(wanted, this.#visit(wanted, kind === 'fail'));
  }

  #visit(wanted: number, isFailing: boolean): StateChangelogEntry[] {
    const taken: StateChangelogEntry[] = [];
    const long = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    const drain = (maxCount: number): number =>
      this.#consumer.drainTo(
        maxCount,
        (epochLow, epochHigh, hashLow, hashHigh, low, high, valueLength, op) => {
          if (isFailing && taken.length === wanted) throw new Error('stopped');
          const epoch = long(epochLow, epochHigh);
          taken.push(
            new StateChangelogEntry(epoch, long(hashLow, hashHigh), long(low, high), valueLength, op),
          );
        },
      );
    if (!isFailing) this.#t.is(drain(wanted), taken.length);
    else if (this.#consumer.length > wanted) this.#t.throws(() => drain(Infinity), { message: 'stopped' });
    else drain(wanted);
    return taken;
  }

  #expect(wanted: number, taken: StateChangelogEntry[]): void {
    this.#t.deepEqual(taken, this.held.slice(0, taken.length));
    this.#t.true(taken.length >= Math.min(wanted, this.visible) && taken.length <= wanted);
    this.held.splice(0, taken.length);
    this.visible = Math.max(0, this.visible - taken.length);
    this.drained += taken.length;
  }

  #clear(): void {
    const cleared = this.#consumer.length;
    this.#t.true(cleared >= this.visible);
    this.#consumer.clear();
    this.held.splice(0, cleared);
    this.visible = 0;
  }

  #check(): void {
    const { capacity } = this.#producer;
    this.#t.is(this.#producer.length, this.held.length);
    this.#t.is(this.#producer.available, capacity - this.held.length);
    this.#t.is(this.#producer.isEmpty, this.held.length === 0);
    this.#t.is(this.#producer.isFull, this.held.length === capacity);
    this.#t.is(this.#producer.totalPushed, this.accepted + this.overflows);
    this.#t.is(this.#consumer.overflowCount, this.overflows);
    this.#t.is(this.#consumer.totalDrained, this.drained);
    this.#t.is(this.#consumer.epoch, this.epoch);
    this.#t.true(this.#consumer.length >= this.visible && this.#consumer.length <= this.held.length);
  }
}

const starts = fc.oneof(
  fc.constant(0),
  fc.nat(300).map((before) => 2 ** 32 - before),
  fc.nat(300).map((before) => 2 ** 40 - before),
);

test('any run of pushes and drains agrees with a plain array', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 9 }),
      starts,
      fc.boolean(),
      fc.array(step, { maxLength: 60 }),
      (bits, start, isOneObject, steps) => {
        const run = new Run(t, 2 ** bits, start, isOneObject);
        for (const one of steps) run.take(one);
      },
    ),
    { numRuns: 400 },
  );
});
