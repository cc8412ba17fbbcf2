import test from 'ava';
import fc from 'fast-check';
import {
  COLUMNS_MAX,
  CORES_MAX,
  RecordTimeline,
} from '../../../src/engine/inspect/verify/record-timeline.js';

const MINUTE_NS = 60_000_000_000n;

interface Taken {
  readonly coreId: number;
  readonly minute: number;
}

function timelineOf(taken: readonly Taken[]): RecordTimeline {
  const timeline = new RecordTimeline();
  for (const { coreId, minute } of taken) {
    const ns = BigInt.asUintN(64, BigInt(minute) * MINUTE_NS + 1_000_000n);
    timeline.take({ coreId, timestampLow: Number(ns & 0xffffffffn), timestampHigh: Number(ns >> 32n) });
  }
  return timeline;
}

test('every record is counted once, in the row of its core and the column of its time', (t) => {
  const record = fc.record({
    coreId: fc.nat(3),
    minute: fc.oneof(fc.integer({ min: 100, max: 150 }), fc.integer({ min: -100_000, max: 30_000_000 })),
  });
  fc.assert(
    fc.property(fc.array(record, { minLength: 1 }), (taken) => {
      const { cores, columnMinutes, startMs } = timelineOf(taken).timeline!;
      t.true(cores[0]!.columns.length <= COLUMNS_MAX);
      t.deepEqual(
        cores.map(({ coreId }) => coreId),
        [...new Set(taken.map(({ coreId }) => coreId))].sort(),
      );
      for (const { coreId, columns, records, firstMs, lastMs } of cores) {
        const minutes = taken.filter((one) => one.coreId === coreId).map(({ minute }) => minute);
        const wanted = columns.map(() => 0);
        for (const minute of minutes) wanted[Math.floor((minute - startMs / 60_000) / columnMinutes)]! += 1;
        t.deepEqual(columns, wanted);
        t.is(records, minutes.length);
        t.is(Math.floor(firstMs / 60_000), Math.min(...minutes));
        t.is(Math.floor(lastMs / 60_000), Math.max(...minutes));
      }
    }),
  );
});

test('an hour has a column for each minute, and more cores than there are rows share one', (t) => {
  const hour = timelineOf(Array.from({ length: COLUMNS_MAX }, (_, minute) => ({ coreId: 0, minute })));
  t.is(hour.timeline!.columnMinutes, 1);
  t.deepEqual(new Set(hour.timeline!.cores[0]!.columns), new Set([1]));
  const many = timelineOf(Array.from({ length: 100 }, (_, coreId) => ({ coreId, minute: 0 }))).timeline!;
  t.is(many.cores.length, CORES_MAX + 1);
  t.like(many.cores.at(-1), { coreId: undefined, records: 100 - CORES_MAX });
  t.is(new RecordTimeline().timeline, undefined);
});
