import assert from 'node:assert/strict';
import test from 'ava';
import fc from 'fast-check';
import { SimulatedFileSystem } from '../../simulated-disk/simulated-file-system.js';
import { createSynchronousStorageIo } from '../../../src/engine/storage-io/submission/create-storage-io.js';
import { type StorageIo } from '../../../src/engine/storage-io/submission/storage-io.js';
import type { WalOperation } from '../../../src/engine/rkyv/entry/wal-entry-format.js';
import { CoreWalReader } from '../../../src/engine/wal/scan/reader.js';
import { recoverSegment } from '../../../src/engine/wal/recover/recovery.js';
import { CoreWalWriter } from '../../../src/engine/wal/write/writer.js';
import { manualClock } from './manual-clock.js';
import { anyCharacter } from '../../support/any-text.js';

const PATH = '/wal-2.log';
const CORE = 2;

/** A record that must be in the segment. */
interface Expected {
  readonly position: number;
  readonly epoch: bigint;
  readonly operation: WalOperation;
}

/** The segment as the model sees it. */
interface Model {
  readonly records: Expected[];
  synced: number;
  epoch: bigint;
  nextSequence: bigint;
}

/** The writer under test, opened anew from time to time. */
class Real {
  readonly fileSystem = new SimulatedFileSystem();
  readonly clock = manualClock(1_000n);
  storageIo: StorageIo | undefined;
  writer = CoreWalWriter.create(CORE, PATH, this.#options());

  #options() {
    return { fileSystem: this.fileSystem, clock: this.clock, bufferBytes: 700 };
  }

  /** What a process does that comes after another: recovers, and goes on. */
  reopen(takeOver: boolean, isSubmitted: boolean): number {
    const report = recoverSegment({ fileSystem: this.fileSystem, path: PATH, coreId: CORE, takeOver });
    const { nextSequence, lastTimestampNs, lastEpoch, position } = report;
    const start = { nextSequence, lastTimestampNs, epoch: lastEpoch };
    this.writer = CoreWalWriter.openAt(CORE, PATH, position, { ...this.#options(), start });
    this.storageIo = isSubmitted ? createSynchronousStorageIo(this.fileSystem) : undefined;
    return report.records;
  }

  append(operation: WalOperation): number {
    const { writer, storageIo } = this;
    switch (operation.op) {
      case 'put':
        return storageIo === undefined
          ? writer.appendPut(operation.key, operation.value)
          : writer.appendPutViaStorageIo(operation.key, operation.value, storageIo);
      case 'delete':
        return storageIo === undefined
          ? writer.appendDelete(operation.key)
          : writer.appendDeleteViaStorageIo(operation.key, storageIo);
      case 'checkpoint':
        return writer.appendCheckpoint(operation.id);
      case 'commit':
        return writer.appendCommit(operation.offsets, operation.watermark);
      case 'epochBarrier':
        return writer.appendEpochBarrier();
    }
  }

  sync(): void {
    if (this.storageIo === undefined) {
      this.writer.sync();
      return;
    }
    this.writer.syncViaStorageIo(this.storageIo);
    this.writer.checkCompletions(this.storageIo.pollCompletions());
  }
}

type Step = (model: Model, real: Real) => void;

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const bytes = fc.uint8Array({ maxLength: 80 });
const operation: fc.Arbitrary<WalOperation> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('put' as const), key: bytes, value: bytes }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('put' as const),
      key: bytes,
      value: fc.uint8Array({ minLength: 800, maxLength: 3000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('delete' as const), key: bytes }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('checkpoint' as const), id: u64 }) },
  { weight: 1, arbitrary: fc.constant({ op: 'epochBarrier', barrierEpoch: 0n } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant('commit' as const),
      offsets: fc
        .array(fc.tuple(fc.string({ unit: anyCharacter, maxLength: 20 }), u64), { maxLength: 12 })
        .map((pairs) => new Map(pairs)),
      watermark: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { nil: undefined }),
    }),
  },
);

const append: fc.Arbitrary<Step> = operation.map((chosen) => (model, real) => {
  const position = real.append(chosen);
  const epoch = model.epoch;
  const made = chosen.op === 'epochBarrier' ? { ...chosen, barrierEpoch: epoch } : chosen;
  model.records.push({ position, epoch, operation: made });
  model.nextSequence += 1n;
});

const sync: fc.Arbitrary<Step> = fc.constant((model, real) => {
  real.sync();
  model.synced = model.records.length;
});

const nextEpoch: fc.Arbitrary<Step> = fc.integer({ min: 1, max: 5 }).map((by) => (model, real) => {
  model.epoch += BigInt(by);
  real.writer.setEpoch(model.epoch);
});

const moveClock: fc.Arbitrary<Step> = fc.integer({ min: -1000, max: 1000 }).map((by) => (_model, real) => {
  real.clock.ns += BigInt(by);
});

/** The process ends, by itself or not: what was written and not synced may be there as well. */
const restart: fc.Arbitrary<Step> = fc
  .record({ isClean: fc.boolean(), takeOver: fc.boolean(), isSubmitted: fc.boolean() })
  .map(({ isClean, takeOver, isSubmitted }) => (model, real) => {
    if (isClean) {
      real.sync();
      model.synced = model.records.length;
      real.writer.close();
    } else {
      real.writer.abandon();
    }
    const found = real.reopen(takeOver, isSubmitted);
    if (found < model.synced || found > model.records.length) {
      throw new Error(`${found} records were recovered, ${model.synced} were acknowledged`);
    }
    model.records.length = found;
    model.synced = found;
    model.nextSequence = BigInt(found);
    model.epoch = model.records.at(-1)?.epoch ?? 0n;
  });

const step = fc.oneof(
  { weight: 12, arbitrary: append },
  { weight: 3, arbitrary: sync },
  { weight: 1, arbitrary: nextEpoch },
  { weight: 1, arbitrary: moveClock },
  { weight: 1, arbitrary: restart },
);

test('whatever is appended, synced and reopened, the segment holds it, in order, and nothing else', (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const real = new Real();
      const model: Model = { records: [], synced: 0, epoch: 0n, nextSequence: 0n };
      for (const run of steps) {
        run(model, real);
        assert.equal(real.writer.sequence, model.nextSequence);
        assert.equal(real.writer.epoch, model.epoch);
      }
      real.sync();
      assert.equal(real.writer.syncedPosition, real.writer.position);
      real.writer.close();
      const reader = CoreWalReader.open(CORE, PATH, { fileSystem: real.fileSystem });
      let lastTimestampNs = -(2n ** 63n);
      for (const [index, expected] of model.records.entries()) {
        const result = reader.readNext();
        assert(result.kind === 'entry', result.kind);
        const { entry } = result;
        assert.equal(result.offset, expected.position);
        assert.equal(entry.sequence, BigInt(index));
        assert.equal(entry.epoch, expected.epoch);
        assert.equal(entry.coreId, CORE);
        assert(entry.timestampNs >= lastTimestampNs);
        assert(entry.lag !== undefined && entry.lag <= result.offset);
        assert.deepEqual(comparable(entry.operation), comparable(expected.operation));
        lastTimestampNs = entry.timestampNs;
      }
      assert.deepEqual(reader.readNext(), { kind: 'end', tail: 'clean' });
      reader.close();
    }),
    { numRuns: 300, includeErrorInReport: true },
  );
  t.pass();
});

/** A Commit's offsets come back in the order of their names. */
function comparable(operation: WalOperation): unknown {
  if (operation.op !== 'commit') return { ...operation };
  return { ...operation, offsets: new Map([...operation.offsets].sort(([a], [b]) => (a < b ? -1 : 1))) };
}
